// Every word comes from the page, in the interface's language: none is written in a module.

const table = JSON.parse(document.getElementById("desk-words")?.textContent ?? "{}");

/** The word, its `%(name)s` filled; `%%` is a percent sign. */
export function translate(word, values = {}) {
  return (table[word] ?? word).replace(/%(?:\((\w+)\)s|%)/g, (hole, name) => (name ? (values[name] ?? "") : "%"));
}

/** A sentence of the page's own, its `{name}` filled. */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
