// The margin of each row: place what the server renders, show what fits at rest, and walk its items by keyboard.

import { createElement } from "./dom.js";
import { showProposals } from "./proposals.js";

const WIDE = matchMedia("(min-width: 1280px)");
const WAITS = ".beside, .passage, .past, .rail"; // shown by their names until the row is entered
const TYPING = "textarea, input, select";

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
 * `rename` maps the key of a stored bullet to that of its row. A comment that somebody is answering stays.
 */
export function placeItems(form, source, html, rename = (key) => key) {
  for (const old of form.querySelectorAll(`.item[data-source=${source}]`)) {
    if (source === "finding" || !isBusy(old)) old.remove();
  }
  const fresh = createElement("template", { innerHTML: html }).content;
  for (const item of [...fresh.children]) {
    if (!item.id || !document.getElementById(item.id)) insertItem(form, item, rename(item.dataset.row));
  }
  settle(form);
}

/**
 * At rest, show the open items that fit beside the row's words, and name the rest on one line. In the row that has the
 * focus, and below 1280 pixels, nothing is cut. There the row keeps the room that its margin takes at rest.
 */
export function settle(form) {
  showProposals(form);
  for (const pair of form.querySelectorAll(".pair")) {
    const inner = pair.querySelector(".margin > .inner");
    if (inner) settleRow(pair, inner);
  }
}

function settleRow(pair, inner) {
  const over = inner.querySelector(":scope > .over");
  const items = [...inner.querySelectorAll(":scope > .item")];
  for (const item of items) item.classList.remove("is-over");
  over.hidden = true;
  if (hasFocus(pair)) return;
  if (!WIDE.matches) return keepRoom(pair, `${inner.getBoundingClientRect().height}px`);
  const shown = items.filter((item) => !item.matches(WAITS) && item.offsetHeight);
  const names = items.filter((item) => item.matches(".passage, .past, .has-notes .beside"));
  const room = pair.clientHeight - 8;
  const all = shown.reduce((sum, item) => sum + item.offsetHeight + 2, 0);
  let [used, cut] = [0, 0];
  shown.forEach((item, i) => {
    const size = item.offsetHeight + 2;
    if (i && (cut || used + size + (all > room ? 22 : 0) > room)) {
      item.classList.add("is-over");
      cut += 1;
    } else used += size;
  });
  const words = [...(cut ? [`+${cut}`] : []), ...names.map((item) => item.querySelector("summary, .by").firstChild.textContent.trim())];
  over.textContent = words.join(" · ");
  over.setAttribute("aria-label", `${over.textContent}, ${inner.parentElement.getAttribute("aria-label")}`);
  over.hidden = !words.length || (!cut && used + 22 > room);
}

function keepRoom(pair, size) {
  if (pair.style.getPropertyValue("--rest") !== size) pair.style.setProperty("--rest", size);
}

/** Keys of an item: Enter, X and R press its buttons, the arrows walk them, Escape goes back to the text. */
export function itemKey(event) {
  const item = event.target.closest?.(".item");
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

/** Remember the text from which F8 led to an item, for items of no row. */
export function rememberText(element) {
  cameFrom = element;
}

function backToText(item) {
  const text = item.closest(".pair")?.querySelector(".cell textarea, .cell.read") ?? cameFrom;
  text?.focus();
  return Boolean(text);
}

/** Settle the margins whenever the focus or the layout changes. Replies are sent with Ctrl+Enter. */
export function watchMargins(form) {
  const again = () => settle(form);
  for (const name of ["focusin", "focusout"]) form.addEventListener(name, () => setTimeout(again));
  form.addEventListener("toggle", again, true);
  for (const name of ["input", "mouseover"]) form.addEventListener(name, () => showProposals(form));
  form.addEventListener("mouseleave", () => showProposals(form));
  form.addEventListener("mousedown", (event) => {
    const button = event.target.closest(".margin :is(button, a, summary):not(.over)");
    if (button && !hasFocus(button.closest(".pair"))) event.preventDefault(); // a margin that rises would move the button
  });
  form.addEventListener("click", ({ target }) => {
    const reply = target.closest(".item details.act > summary")?.parentElement;
    if (reply) setTimeout(() => reply.open && reply.querySelector("textarea").focus());
    if (target.closest(".over")) target.closest(".pair").querySelector(".cell textarea, .cell.read").focus();
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
  new ResizeObserver(again).observe(form.querySelector(".sheet"));
  again();
}
