// Time on the stage. A clock is a plain record; advancing it gives the next one.

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8]
export const PAUSE_AT_END = 1.2 // seconds the finished paths stand before they start again

export const clock = (length = 0) => ({ time: 0, length, playing: false, loop: true, speed: 1, waited: 0 })

// The clock `seconds` later, at `rate` steps a second times its own speed. It stops at the end, or waits there and starts again.
export function advance(clock, seconds, rate) {
  if (!clock.playing || clock.length <= 0) return clock
  if (clock.time >= clock.length) {
    if (!clock.loop) return { ...clock, playing: false, waited: 0 }
    const waited = clock.waited + seconds
    return waited < PAUSE_AT_END ? { ...clock, waited } : { ...clock, time: 0, waited: 0 }
  }
  const time = Math.min(clock.time + seconds * rate * clock.speed, clock.length)
  return { ...clock, time, waited: 0 }
}

// Play, from the start again if it stood at the end; or pause.
export const toggled = (clock) =>
  clock.playing
    ? { ...clock, playing: false }
    : { ...clock, playing: true, waited: 0, time: clock.time >= clock.length ? 0 : clock.time }

// Whole steps by hand: paused, and always on a whole step.
export function stepped(clock, by) {
  const from = by > 0 ? Math.floor(clock.time + 1e-9) : Math.ceil(clock.time - 1e-9)
  return moved({ ...clock, playing: false }, from + by)
}

export const moved = (clock, time) => ({ ...clock, waited: 0, time: Math.min(Math.max(time, 0), clock.length) })

export const resized = (clock, length) => ({ ...clock, length, time: Math.min(clock.time, length) })
