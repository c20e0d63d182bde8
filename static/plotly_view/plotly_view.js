// A Plotly figure in the page that lives through reruns: the figure changes on the same node, and camera, zoom and what the
// legend hides stay as the visitor left them until the revision changes.

const here = new URL(import.meta.url).search // the version: an upgrade must not meet old modules in a browser's cache
const fetched = fetch(new URL(`./plotly_view.css${here}`, import.meta.url)).then((answer) => answer.text())
const cameras = await import(`./camera.js${here}`)
const css = await fetched

const views = new WeakMap() // the element Streamlit gave -> the view in it, which lives through reruns
const remembered = new Map() // id -> what the visitor made of a view that was closed: its cameras and their revision
const known = new Map() // id -> view: Streamlit may replace the element, before or after it takes the old one away

export function show({ parentElement, data }) {
  const sent = { ...data, figure: JSON.parse(data.figure) }
  let view = views.get(parentElement)
  if (!view) {
    view = known.get(sent.id) ?? new View(remembered.get(sent.id))
    known.set(sent.id, view)
    views.set(parentElement, view)
    view.enter(parentElement)
  }
  view.take(sent)
  return () => {
    views.delete(parentElement)
    if (view.root !== parentElement) return // it has moved on
    view.leave(() => {
      known.delete(sent.id)
      remembered.set(sent.id, { revision: view.revision, cameras: view.kept })
      view.close()
    })
  }
}

const still = matchMedia("(prefers-reduced-motion: reduce)")
const SECONDS = 0.45 // of a camera's way
const TALLEST = 1.15 // of a scene against its width: on a phone the rest would be empty

let library
function plotly(file) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = new URL(`../vendor/${file}`, import.meta.url).href
    script.onload = () => resolve(globalThis.Plotly)
    script.onerror = () => {
      library = undefined
      reject(new Error(`plotly.js could not be loaded from ${new URL(script.src).pathname}. Reload the page.`))
    }
    document.head.append(script)
  })
  return library
}

const KEYS = {
  ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, 0.12], ArrowDown: [0, -0.12], "+": [0, 0, 1.15], "=": [0, 0, 1.15], "-": [0, 0, 1 / 1.15],
}

class View {
  constructor({ revision = null, cameras = {} } = {}) {
    this.root = null
    this.revision = revision
    this.next = null // the newest figure that is not drawn yet
    this.drawing = false
    this.kept = cameras // scene -> the camera that the visitor chose
    this.home = {} // scene -> the figure's own camera
    this.draws = 0
    this.build()
  }

  build() {
    const element = (name, properties, ...children) => {
      const made = Object.assign(document.createElement(name), properties)
      made.append(...children)
      return made
    }
    const button = (label, view, title) => element("button", { type: "button", textContent: label, title, onclick: () => this.go(view) })
    this.buttons = element(
      "div", { className: "cameras", role: "group", ariaLabel: "Camera", hidden: true },
      button("Top", "top", "From above, as on the map"),
      button("Side", "side", "From a side; again: from the next one"),
      button("Corner", "corner", "From a corner; again: from the next one"),
      button("Reset", "home", "As it was first (0)"),
    )
    this.node = element("div", { className: "figure" })
    this.trouble = element("p", { className: "trouble", role: "alert", hidden: true })
    this.frame = element("div", { className: "plotly-view" }, this.buttons, this.node, this.trouble)
    this.node.state = () => this.state() // for tests and the console
    this.node.onkeydown = (e) => this.key(e)
    // A wheel over a scene zooms, unless it is the rest of a scroll that began elsewhere.
    this.pageWheel = (e) => { if (!e.composedPath().includes(this.node)) this.scrolledAt = performance.now() }
    addEventListener("wheel", this.pageWheel, { passive: true, capture: true })
    this.node.addEventListener("wheel", (e) => {
      if (performance.now() - (this.scrolledAt ?? -1e9) > 400) return
      this.scrolledAt = performance.now()
      e.stopPropagation()
    }, { passive: true, capture: true })
    this.sizes = new ResizeObserver(() => this.resize())
    this.sizes.observe(this.node)
  }

  enter(root) {
    clearTimeout(this.leaving)
    this.root = root
    const place = root.querySelector(".plotly_view")
    place.style.minHeight = ""
    place.replaceChildren(Object.assign(document.createElement("style"), { textContent: css }), this.frame)
  }

  leave(forGood) {
    this.leaving = setTimeout(forGood, 10000)
  }

  close() {
    removeEventListener("wheel", this.pageWheel, { capture: true })
    this.sizes.disconnect()
    cancelAnimationFrame(this.flight)
    if (this.draws) globalThis.Plotly.purge(this.node) // gives the WebGL context back: browsers have few
  }

  // ---- what Python says -----------------------------------------------------------------------------------------------

  take(sent) {
    this.next = sent
    if (!this.drawing) this.draw()
  }

  // One figure at a time; of those that come meanwhile, the last.
  async draw() {
    this.drawing = true
    try {
      while (this.next) {
        const sent = this.next
        this.next = null
        await this.react(sent, await plotly(sent.script))
      }
      this.trouble.hidden = true
    } catch (error) {
      this.trouble.textContent = error.message
      this.trouble.hidden = false
    }
    this.drawing = false
  }

  async react(sent, Plotly) {
    const { data, layout } = sent.figure
    const scenes = Object.keys(layout).filter((name) => /^scene\d*$/.test(name))
    if (sent.revision !== this.revision) this.kept = {}
    this.revision = sent.revision
    this.width = this.node.clientWidth
    const height = scenes.length ? Math.min(sent.height, Math.round(this.width * TALLEST)) : sent.height
    this.node.style.height = `${height}px`
    this.home = Object.fromEntries(scenes.map((name) => [name, cameras.fitted(whole(layout[name].camera), this.width / height)]))
    for (const name of scenes) layout[name].camera = this.camera(name)
    this.visible = data.map((trace) => trace.visible ?? true)
    this.describe(sent.text, scenes.length > 0)
    await Plotly.react(
      this.node, data,
      { ...layout, width: this.width, height, uirevision: sent.revision },
      { displaylogo: false, ...sent.config },
    )
    if (!this.draws++) {
      const follow = (change) => {
        for (const [name, value] of Object.entries(change)) {
          const scene = /^(scene\d*)\.camera$/.exec(name)
          if (scene) this.kept[scene[1]] = whole(value)
        }
      }
      this.node.on("plotly_relayout", follow)
      this.node.on("plotly_relayouting", follow)
    }
  }

  describe(text, deep) {
    this.buttons.hidden = !deep
    const how = "Arrow keys turn it, plus and minus go nearer and farther, 0 resets."
    this.node.setAttribute("role", deep ? "application" : "img")
    if (deep) this.node.setAttribute("aria-roledescription", "view in three dimensions")
    else this.node.removeAttribute("aria-roledescription")
    this.node.setAttribute("aria-label", deep ? `${text} ${how}` : text)
    if (deep) this.node.tabIndex = 0
    else this.node.removeAttribute("tabindex")
  }

  resize() {
    if (!this.draws || this.drawing || this.node.clientWidth === this.width || !this.node.clientWidth) return
    this.width = this.node.clientWidth
    globalThis.Plotly.relayout(this.node, { width: this.width })
  }

  // ---- the camera -----------------------------------------------------------------------------------------------------

  camera(scene) {
    return this.kept[scene] ?? this.home[scene]
  }

  look(wanted) {
    Object.assign(this.kept, wanted)
    globalThis.Plotly.relayout(this.node, Object.fromEntries(Object.entries(wanted).map(([name, camera]) => [`${name}.camera`, camera])))
  }

  // To a named view: on the way at once where motion is unwanted.
  go(view) {
    if (!this.draws) return
    cancelAnimationFrame(this.flight)
    const from = Object.fromEntries(Object.keys(this.home).map((name) => [name, this.camera(name)]))
    const to = Object.fromEntries(Object.keys(this.home).map((name) => [name, cameras.VIEWS[view](this.home[name], from[name])]))
    if (view === "home") globalThis.Plotly.restyle(this.node, { visible: this.visible })
    if (still.matches) return this.look(to)
    const began = performance.now()
    const fly = (now) => {
      const t = Math.min((now - began) / 1000 / SECONDS, 1)
      const share = t * t * (3 - 2 * t)
      this.look(Object.fromEntries(Object.keys(to).map((name) => [name, cameras.between(from[name], to[name], share)])))
      if (t < 1) this.flight = requestAnimationFrame(fly)
    }
    this.flight = requestAnimationFrame(fly)
  }

  key(e) {
    if (this.buttons.hidden || !this.draws || e.ctrlKey || e.metaKey || e.altKey) return
    if (e.key === "0") this.go("home")
    else if (KEYS[e.key]) this.look(Object.fromEntries(Object.keys(this.home).map((name) => [name, cameras.turned(this.camera(name), ...KEYS[e.key])])))
    else return
    e.preventDefault()
  }

  state() {
    return { draws: this.draws, revision: this.revision, cameras: { ...this.home, ...this.kept }, width: this.width }
  }
}

const whole = (camera = {}) => ({
  eye: { x: 1.25, y: 1.25, z: 1.25, ...camera.eye },
  center: { x: 0, y: 0, z: 0, ...camera.center },
  up: { x: 0, y: 0, z: 1, ...camera.up },
  ...(camera.projection && { projection: camera.projection }),
})
