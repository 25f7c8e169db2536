// Every word comes from the page, in the interface's language: none is written in a module.

const table = JSON.parse(document.getElementById("desk-words")?.textContent ?? "{}");

/** The word, its `%(name)s` filled; `%%` is a percent sign. */
export function translate(word, values = {}) {
  return (table[word] ?? word).replace(/%(?:\((\w+)\)s|%)/g, (hole, name) => (name ? (values[name] ?? "") : "%"));
}

/** An element with properties, `data-` values and children. */
export function createElement(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) {
    element.setAttribute(name === "role" ? name : `aria-${name}`, value);
  }
  element.append(...children);
  return element;
}

/** A drawing of the page's own: `<symbol id="icon-…">`. */
export function createIcon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
