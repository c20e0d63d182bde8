// Where one looks from. Pure functions of Plotly's cameras: { eye, center, up, projection }; the z axis points up.

const LOW = -1.4, HIGH = Math.PI / 2 - 0.001 // elevations; straight from above there would be no left and right
const WIDE = 1.22 // by how much what is looked at is wider than high

// Distance from the centre, angle around the z axis and elevation, in radians.
export function polar({ eye, center }) {
  const x = eye.x - center.x, y = eye.y - center.y, z = eye.z - center.z
  const distance = Math.hypot(x, y, z)
  return { distance, angle: Math.atan2(y, x), elevation: Math.asin(z / distance) }
}

export function looking(camera, { distance, angle, elevation }) {
  const { x, y, z } = camera.center
  const up = Math.min(Math.max(elevation, LOW), HIGH)
  const flat = distance * Math.cos(up)
  const eye = { x: x + flat * Math.cos(angle), y: y + flat * Math.sin(angle), z: z + distance * Math.sin(up) }
  return { ...camera, eye, up: { x: 0, y: 0, z: 1 } }
}

export function turned(camera, around, up, nearer = 1) {
  const { distance, angle, elevation } = polar(camera)
  return looking(camera, { distance: distance / nearer, angle: angle + around, elevation: elevation + up })
}

// As far away as a frame of this shape (width by height) needs: Plotly fits the height alone.
export function fitted(camera, shape) {
  const now = polar(camera)
  return looking(camera, { ...now, distance: now.distance * Math.max(1, WIDE / shape) })
}

// The named views, as far away as home. Asked for again, sides and corners go on to the next one.
const QUARTER = Math.PI / 2
const STEEP = 0.62

const quarter = (angle, from) => from + QUARTER * Math.round((angle - from) / QUARTER)

export const VIEWS = {
  top: (home) => looking(home, { distance: polar(home).distance, angle: -QUARTER, elevation: HIGH }),
  side: (home, now) => around(home, now, 0, 0.12),
  corner: (home, now) => around(home, now, -QUARTER / 2, STEEP),
  home: (home) => home,
}

function around(home, now, from, elevation) {
  const { distance } = polar(home)
  const here = polar(now)
  const near = quarter(here.angle, from)
  const there = Math.abs(here.elevation - elevation) < 0.01 && Math.abs(here.angle - near) < 0.01
  return looking(home, { distance, angle: there ? near + QUARTER : near, elevation })
}

// The way from one camera to another, at a share of it: along the shorter arc.
export function between(from, to, share) {
  const a = polar(from), b = polar(to)
  const mix = (u, v) => u + (v - u) * share
  const arc = ((b.angle - a.angle + Math.PI * 5) % (Math.PI * 2)) - Math.PI
  const center = { x: mix(from.center.x, to.center.x), y: mix(from.center.y, to.center.y), z: mix(from.center.z, to.center.z) }
  if (share >= 1) return to
  return looking({ ...to, center }, {
    distance: mix(a.distance, b.distance), angle: a.angle + arc * share, elevation: mix(a.elevation, b.elevation),
  })
}
