// Elements made, copied and listened to: what several modules of the desk do with the page.

import { isMac } from "./strings.js";

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

/** A copy of a `<template>`'s row; where an attribute ends in the template's key, it ends in `key`. */
export function cloneRow(template, blank, key) {
  const row = template.content.firstElementChild.cloneNode(true);
  for (const part of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) {
      if (value.endsWith(blank)) part.setAttribute(name, value.slice(0, -blank.length) + key);
    }
  }
  return row;
}

/** The sheet of keys as a Mac has them. */
export function showMacKeys() {
  if (isMac) for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
}

/** `desk:changed`: something is to be saved; `desk:filled`: a field was set by a module. */
export function announce(part, event) {
  part.dispatchEvent(new CustomEvent(event, { bubbles: true }));
}

/** Files dropped on `place`, as a list. */
export function acceptDrops(place, take) {
  const over = (is) => place.classList.toggle("over", is);
  place.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  place.addEventListener("dragleave", () => over(false));
  place.addEventListener("drop", (event) => {
    over(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}
