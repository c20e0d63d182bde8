// A learning rate on its slider, and the zones of its limit.

export const rateToSlider = (rate, [low, high]) => Math.log(rate / low) / Math.log(high / low)
export const sliderToRate = (t, [low, high]) => Number((low * (high / low) ** t).toPrecision(3))

// Which zone a rate is in, and where on the slider the zones meet.
export function zones(rate, limit, range) {
  if (limit === null) return { zone: "unknown", cuts: null }
  const cut = (v) => (v === Infinity ? 1 : v > 0 ? Math.min(Math.max(rateToSlider(v, range), 0), 1) : 0)
  const zone = rate <= limit / 2 ? "stable" : rate <= limit ? "edge" : "beyond"
  return { zone, cuts: [cut(limit / 2), cut(limit)] }
}
