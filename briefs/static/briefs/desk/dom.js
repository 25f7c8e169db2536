// DOM helpers shared by the desk's modules.

import { isMac } from "./strings.js";

/** Headers of a request that no person caused: it does not count as activity. */
export const BACKGROUND = { "X-Background": "1" };

/** Create an element with properties, `data-` and `aria-` values and children. */
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

/** Copy a `<template>`'s row. Attribute values that end in the placeholder key `blank` get `key` instead. */
export function cloneRow(template, blank, key) {
  const row = template.content.firstElementChild.cloneNode(true);
  for (const part of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) {
      if (value.endsWith(blank)) part.setAttribute(name, value.slice(0, -blank.length) + key);
    }
  }
  return row;
}

/** On a Mac, show the Mac's keys in the list of keyboard shortcuts. */
export function showMacKeys() {
  if (isMac) for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
}

/** Post a form. Return the server's answer, which may be a refusal, or null if there is none. `options`: of `fetch`. */
export function postForm(address, body, options = {}) {
  const headers = { Accept: "application/json" };
  const sent = fetch(address, { method: "POST", redirect: "manual", headers, body, ...options });
  return sent.then((answer) => (answer.ok || answer.status === 409 ? answer.json() : null)).catch(() => null);
}

/** Dispatch `desk:changed` (the form must be saved) or `desk:filled` (a module set a field). */
export function announce(part, event) {
  part.dispatchEvent(new CustomEvent(event, { bubbles: true }));
}

/** Call `take` with the list of files dropped on `place`. */
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
