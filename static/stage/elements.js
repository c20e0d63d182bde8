// Elements of the page, made in one call each.

const ICONS = {
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z",
  back: "M6 5h2.6v14H6zM19 5v14l-9-7z",
  forward: "M15.4 5H18v14h-2.6zM5 5v14l9-7z",
  full: "M4 4h6v2.4H6.4V10H4zM14 4h6v6h-2.4V6.4H14zM4 14h2.4v3.6H10V20H4zM17.6 14H20v6h-6v-2.4h3.6z",
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role" || key === "style" || key === "for" || key === "tabindex") made.setAttribute(key, value)
    else made[key] = value
  }
  made.append(...children)
  return made
}

export const button = (label, title, action, ...children) =>
  element("button", { type: "button", ariaLabel: label, title, onclick: action }, ...children)

export function icon(name) {
  const of = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    return made
  }
  const svg = of("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })
  svg.append(of("path", { d: ICONS[name] }))
  return svg
}
