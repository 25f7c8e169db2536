// Show a suggested wording in the cell that it is about, while its row or its item has the focus or the pointer. The text
// itself stays as it is: the proposal is a layer of its own.

import { createElement } from "./dom.js";

const ITEM = ".suggestion[data-side]";
const CELL_TEXT = ".grow > textarea, .text > .words:not(.proposal)";

/** Return the text without the parts that are only in the other version. */
function textWithout(element, tag) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll(tag)) part.remove();
  return copy.textContent;
}

const textOf = (element) => element.value ?? textWithout(element, "del").replace(/^–$/, "");

/** Return the proposal to show in each cell: of the item in use, else the first one of a row that has the focus. */
function chooseProposals(form) {
  const chosen = new Map();
  const items = [...form.querySelectorAll(ITEM)];
  const isUsed = (item) => item.matches(":hover, :focus-within");
  for (const item of [...items.filter(isUsed), ...items.filter((item) => item.closest(".pair:focus-within"))]) {
    const text = item.closest(".pair")?.querySelector(`.cell[data-side=${item.dataset.side}]`)?.querySelector(CELL_TEXT);
    const words = item.querySelector(".words");
    if (text && !chosen.has(text) && textOf(text) === textWithout(words, "ins")) chosen.set(text, { words, isUsed: isUsed(item) });
  }
  return chosen;
}

/**
 * While the caret is in the text, its words keep their places: those to be deleted are struck through, and a mark shows
 * where words would be inserted.
 */
function createLayer(text, { words, isUsed }) {
  const isTyped = text === document.activeElement && !isUsed;
  const className = `${text.matches("textarea") ? "" : "words "}proposal${isTyped ? " is-below" : ""}`;
  const layer = createElement("span", { className, lang: words.lang }, ...words.cloneNode(true).childNodes);
  if (text.matches("textarea")) layer.ariaHidden = "true"; // the item beside it says the same
  if (isTyped) for (const part of layer.querySelectorAll("ins")) part.replaceChildren();
  return layer;
}

/** Show what `chooseProposals` returns, and nothing else. */
export function showProposals(form) {
  const chosen = chooseProposals(form);
  for (const old of form.querySelectorAll(".proposal")) {
    const text = old.parentElement.querySelector(":scope > textarea, :scope > .words:not(.proposal)");
    const layer = chosen.has(text) && createLayer(text, chosen.get(text));
    if (layer && layer.isEqualNode(old)) chosen.delete(text);
    else old.remove();
  }
  for (const [text, proposal] of chosen) text[text.matches("textarea") ? "before" : "after"](createLayer(text, proposal));
}
