// Translated strings. The page supplies them in the interface's language; modules contain no texts.

const table = JSON.parse(document.getElementById("desk-words")?.textContent ?? "{}");

/** Return the string of this name with its `%(name)s` placeholders filled. `%%` is a percent sign. */
export function translate(word, values = {}) {
  return (table[word] ?? word).replace(/%(?:\((\w+)\)s|%)/g, (hole, name) => (name ? (values[name] ?? "") : "%"));
}

/** Fill the `{name}` placeholders of a sentence taken from a `data-` attribute. */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
