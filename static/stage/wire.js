// What travels between Python and the stage: scenes in, events out.

import * as curve from "./curve.js"

// The header of a blob, and `array(Type, place)`: views of one aligned copy of what lies behind it, null for no place.
export function unpacked(bytes) {
  const copy = bytes.slice()
  const length = new DataView(copy.buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(4, 4 + length)))
  const begin = 4 + length
  return { header, array: (Type, place) => (place ? new Type(copy.buffer, begin + place.at, place.length) : null) }
}

// A scene from the blob that figures/payload.py packs. With one parameter (`dim` 1) a runner's path holds places on the curve,
// so that everything downstream sees a plane; `theta` is what the run itself was.
export function decode(bytes) {
  const { header, array } = unpacked(bytes)
  const numbers = (place) => array(Float64Array, place)
  const dim = header.dim
  const runners = header.runners.map((runner) => {
    const theta = numbers(runner.path), loss = numbers(runner.loss)
    return {
      ...runner,
      limit: runner.limit === null ? null : Number(runner.limit), // "Infinity" travels as text
      left: runner.left && { step: runner.left.step, loss: Number(runner.left.loss) },
      theta, loss,
      path: dim === 1 ? curve.raised(theta, loss) : theta,
      slow: numbers(runner.slow), slope: numbers(runner.slope), curvature: numbers(runner.curvature),
      drawn: array(Int32Array, runner.drawn),
      steps: array(Int32Array, runner.steps),
    }
  })
  const { steps } = runners.reduce((a, b) => (b.loss.length > a.loss.length ? b : a), { loss: [], steps: null })
  const map = { ...header.map, values: header.map.length === undefined ? null : array(Float32Array, header.map) }
  const lines = header.lines && { ...header.lines, normals: numbers(header.lines.normals), offsets: numbers(header.lines.offsets) }
  const overlay = header.overlay && {
    gradient: numbers(header.overlay.gradient), eigenvalues: numbers(header.overlay.eigenvalues),
    eigenvectors: numbers(header.overlay.eigenvectors), preconditioner: numbers(header.overlay.preconditioner),
    newtonTarget: numbers(header.overlay.newtonTarget),
    arrows: header.overlay.arrows.map((arrow) => ({ name: arrow.name, values: numbers(arrow.values), base: numbers(arrow.base) })),
  }
  // A run leaves where its parameters leave home; how high the loss is then does not count.
  const bounds = dim === 1 ? [header.home[0], [-Infinity, Infinity]] : header.home
  return { ...header, bounds, runners, steps, map, lines, overlay }
}

// Sends events one at a time: while one is unanswered, changes gather, and the last value of each field wins. A field is
// sent again with every event until an answer covers it, so that an event that Streamlit merges with the next loses nothing.
export class Outbox {
  constructor(send, { seq = 0, patience = 4000, after = (f, ms) => setTimeout(f, ms), cancel = (t) => clearTimeout(t) } = {}) {
    Object.assign(this, { send, seq, patience, after, cancel })
    this.fields = new Map() // name -> { value, seq: the first event that carried this value, or null }
    this.waiting = null // the phase of a change that has not been sent yet
    this.timer = null
    this.flying = null // the seq of the unanswered event
  }

  put(changes, phase) {
    for (const [name, value] of Object.entries(changes)) this.fields.set(name, { value, seq: null })
    this.waiting = phase
    if (this.flying === null) this.fly()
  }

  // Python answers by naming the last event it saw.
  answered(seq) {
    for (const [name, field] of this.fields) if (field.seq !== null && field.seq <= seq) this.fields.delete(name)
    if (this.flying !== null && seq >= this.flying) this.land()
  }

  // Whether a field's value is newer than what Python has answered.
  owns(name) {
    return this.fields.has(name)
  }

  // Whether anything is under way that Python has not answered.
  get busy() {
    return this.flying !== null || this.waiting !== null
  }

  fly() {
    const seq = ++this.seq
    const phase = this.waiting
    this.waiting = null
    this.flying = seq
    for (const field of this.fields.values()) field.seq ??= seq
    const values = Object.fromEntries([...this.fields].map(([name, field]) => [name, field.value]))
    this.timer = this.after(() => this.land(), this.patience) // an answer that never comes must not freeze the stage
    this.send({ seq, phase, values })
  }

  land() {
    this.cancel(this.timer)
    this.flying = null
    if (this.waiting !== null) this.fly()
  }
}
