// The margin of each row: place what the server renders, open it over its neighbours, and walk its items by keyboard.
// It takes no height: at rest it shows words and nothing to press, and below 1281 pixels a dot.

import { createElement } from "./dom.js";
import { showProposals } from "./proposals.js";

const WIDE = matchMedia("(min-width: 1281px)");
const TYPING = "textarea, input, select";
const TYPED = ".pair.is-typing";

const hasFocus = (element) => element.contains(document.activeElement);
const isBusy = (item) => hasFocus(item) || [...item.querySelectorAll("textarea")].some((area) => area.value.trim());
const rankOf = (item) => Number(item.dataset.rank ?? 0);

/** Return the box of a row's items, or the one of the whole brief. */
function boxOf(form, key) {
  const of = (name) => form.querySelector(`.inner[data-row="${CSS.escape(name)}"]`);
  return of(key) ?? of("");
}

/** Insert an item into its row, by rank. */
export function insertItem(form, item, key = item.dataset.row) {
  const box = boxOf(form, key);
  box.insertBefore(item, [...box.children].find((other) => rankOf(other) > rankOf(item)) ?? null);
}

/**
 * Replace the items of one source ("finding" or "comment") by those of `html`, which the server has rendered and escaped.
 * `rename` maps the key of a stored bullet to that of its row. A comment that somebody is answering stays, and so
 * do the findings of the row that is typed.
 */
export function placeItems(form, source, html, rename = (key) => key) {
  for (const old of form.querySelectorAll(`.item[data-source=${source}]`)) {
    if (source === "finding" ? !old.closest(TYPED) : !isBusy(old)) old.remove();
  }
  const fresh = createElement("template", { innerHTML: html }).content;
  for (const item of [...fresh.children]) {
    const key = rename(item.dataset.row);
    const isTyped = source === "finding" && boxOf(form, key).closest(TYPED);
    if (!isTyped && !(item.id && document.getElementById(item.id))) insertItem(form, item, key);
  }
  openMargins(form);
}

let pointed = null; // the row that the mouse is in
let isMarginPointed = false;

/** Return whether a margin is open: its row is entered or pointed at, but not while its text is typed, or it is itself. */
function isOpen(pair) {
  if (hasFocus(pair.querySelector(".margin")) || (WIDE.matches && pair === pointed && isMarginPointed)) return true;
  if (pair.matches(".is-typing")) return false;
  return hasFocus(pair) ? WIDE.matches || pair.matches(".review .pair") : WIDE.matches && pair === pointed;
}

/** Open and close the margins, whenever the focus, the pointer or the typed row changes. */
export function openMargins(form) {
  for (const pair of form.querySelectorAll(".sheet .pair")) pair.classList.toggle("is-open", isOpen(pair));
  showProposals(form);
}

/** Open the margin of an item at any width, so that a part of the item can take the focus. */
export function enterMargin(form, item) {
  item.closest(".margin")?.focus({ preventScroll: true });
  openMargins(form);
}

/** Keys of an item: Enter, X and R press its buttons, the arrows walk them, Escape goes back to the text. */
function itemKey(event) {
  const item = event.target.closest?.(".item, .margin");
  if (!item || event.isComposing || event.target.matches(TYPING) || event.ctrlKey || event.metaKey || event.altKey) return false;
  const buttons = [...item.querySelectorAll("button, a, summary")].filter((button) => button.checkVisibility());
  const at = buttons.indexOf(event.target);
  const press = (button) => (button ? (button.click(), true) : false);
  const acts = {
    x: () => press(item.querySelector("[data-key=x]")),
    r: () => press(item.querySelector("[data-key=r]")),
    ArrowRight: () => (buttons[(at + 1) % buttons.length]?.focus(), true),
    ArrowLeft: () => (buttons.at(at < 1 ? -1 : at - 1)?.focus(), true),
    Escape: () => backToText(item),
  };
  if (event.key === "Enter" && event.target === item) return press(buttons[0]);
  return acts[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.() ?? false;
}

let cameFrom = null;

/** Remember the text from which F8 led to an item. */
export function rememberText(element) {
  cameFrom = element;
}

function backToText(item) {
  const pair = item.closest(".pair");
  const text = !pair || pair.contains(cameFrom) ? cameFrom : pair.querySelector(".cell textarea, .cell.read");
  text?.focus();
  return Boolean(text);
}

/** Open and close the margins as the focus and the pointer move. Replies are sent with Ctrl+Enter. */
export function watchMargins(form) {
  const again = () => openMargins(form);
  for (const name of ["focusin", "focusout"]) form.addEventListener(name, () => setTimeout(again));
  for (const name of ["toggle", "input"]) form.addEventListener(name, again, true);
  form.addEventListener("pointerover", ({ target, pointerType }) => {
    const pair = pointerType === "mouse" ? target.closest(".pair") : null;
    isMarginPointed = Boolean(target.closest(".margin"));
    pointed = pair;
    again();
  });
  form.addEventListener("pointerleave", () => {
    pointed = null;
    again();
  });
  form.addEventListener("click", ({ target }) => {
    const reply = target.closest(".item details.act > summary")?.parentElement;
    if (reply) setTimeout(() => reply.open && reply.querySelector("textarea").focus());
  });
  form.addEventListener("keydown", (event) => {
    const area = event.target.closest?.(".item details.act textarea");
    if (area && event.key === "Escape" && !event.isComposing) {
      area.closest("details").open = false;
      area.closest(".item").focus();
    } else if (area && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      area.closest("details").querySelector("button").click();
    } else if (!itemKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  WIDE.addEventListener("change", again);
  document.getElementById(location.hash.slice(1))?.closest(".margin .item")?.focus(); // as a mail links to it
  again();
}
