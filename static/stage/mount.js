// How a canvas of ours lives in an element of Streamlit's: made once for each id, kept through reruns and new elements.

// The `show` of a component. A `make()` has `take(scene)`, `enter(element)`, `leave(afterwards)`, `close()`, `root` and `post`.
export function mounted(decode, make) {
  const held = new WeakMap() // the element Streamlit gave -> what is in it
  const known = new Map() // id -> the same: Streamlit may replace the element, before or after it takes the old one away
  return ({ parentElement, data, setStateValue }) => {
    const scene = decode(data)
    let canvas = held.get(parentElement)
    if (!canvas) {
      canvas = known.get(scene.id) ?? make()
      known.set(scene.id, canvas)
      held.set(parentElement, canvas)
      canvas.enter(parentElement)
    }
    canvas.post = (event) => setStateValue("event", event)
    canvas.take(scene)
    return () => {
      held.delete(parentElement)
      if (canvas.root !== parentElement) return // it has moved on
      canvas.leave(() => {
        known.delete(scene.id)
        canvas.close()
      })
    }
  }
}
