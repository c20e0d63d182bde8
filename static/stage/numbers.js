// Numbers in words, and round numbers on an axis.

const finite = Number.isFinite

const exponential = (value, digits) => {
  const [head, power] = value.toExponential(digits).split("e")
  return `${head.includes(".") ? head.replace(/\.?0+$/, "") : head}e${Number(power)}`
}

const minus = (text) => text.replaceAll("-", "\u2212")

// A number to `digits` significant digits, short: 0.0031, 12.4, 3.2e12, 4e-7.
export function short(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number"
  if (!finite(value)) return value > 0 ? "∞" : "\u2212∞"
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || size < 1e-3) return minus(exponential(value, Math.max(digits - 2, 1)))
  return minus(String(Number(value.toPrecision(digits))))
}

// A number with just the decimals that steps of size `step` need.
export function byStep(value, step) {
  if (Math.abs(value) < step * 1e-6) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || step < 1e-4) {
    const digits = Math.min(Math.max(Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9), 0), 15)
    return minus(exponential(value, digits))
  }
  return minus(value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))))
}

// About `count` round numbers in [low, high], 1, 2 or 5 times a power of ten apart.
export function ticks(low, high, count) {
  const span = high - low
  if (!(span > 0) || !finite(span)) return { values: [], step: 1 }
  const rough = span / Math.max(count, 1)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.75) ?? 10)
  const values = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9 && values.length < 200; k++) values.push(k * step)
  return { values, step }
}

