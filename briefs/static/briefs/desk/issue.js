// The page of an issue: its texts, the contents ordered by Alt and an arrow or by dragging a number, and a question before
// unsaved words are left.

import { enableDragging } from "./dragging.js";
import { pasteText } from "./editor/clipboard.js";
import { CompositionTracker } from "./editor/keys.js";
import { keepInLine, keyInText, mirror } from "./editor/texts.js";

const form = document.querySelector(".writing #issue-form");
const list = document.getElementById("issue-items");
const AREA = ".cell textarea";
const WAYS = { ArrowUp: -1, ArrowDown: 2 };

/** Show that the form has unsaved words. */
function mark() {
  form.dataset.unsaved = "";
  document.getElementById("desk-unsaved").hidden = false;
}

const rows = () => [...list.querySelectorAll(":scope > li")];

/** Move the item before the one with index `slot`, or after the last. Number all anew and say where it is now. */
function move(item, slot) {
  list.insertBefore(item, rows()[slot] ?? null);
  rows().forEach((row, i) => { row.querySelector(".n").textContent = i + 1; });
  const words = form.dataset.place.replace("{n}", rows().indexOf(item) + 1).replace("{m}", rows().length);
  document.getElementById("issue-live").textContent = words;
  mark();
}

function typed(area, composing) {
  if (!composing.now) keepInLine(area);
  mirror(area);
}

/** Run the command of a key. Return true if the browser's own action must be prevented. */
function press(event) {
  const { key, target } = event;
  if ((event.ctrlKey || event.metaKey) && key === "s") form.requestSubmit(document.getElementById("desk-store"));
  else if (key === "Enter" && target.name === "q") form.requestSubmit(form.querySelector("[value=find]")); // not Save
  else if (event.altKey && key in WAYS && target.closest("#issue-items > li")) moveBy(target.closest("li"), WAYS[key]);
  else return target.matches(AREA) && keyInText(event, target);
  return true;
}

function moveBy(item, by) {
  const focused = document.activeElement;
  const slot = rows().indexOf(item) + by;
  if (slot < 0 || slot > rows().length) return;
  move(item, slot);
  focused.focus();
}

if (form) {
  document.documentElement.classList.add("desk-js");
  const composing = new CompositionTracker(form, (area) => area.matches(AREA) && typed(area, composing));
  for (const area of form.querySelectorAll(AREA)) {
    area.rows = 1; // mirrors grow
    mirror(area);
  }
  form.addEventListener("input", ({ target }) => {
    mark();
    if (target.matches(AREA)) typed(target, composing);
  });
  form.addEventListener("paste", (event) => pasteText(event));
  addEventListener("beforeunload", (event) => {
    if ("unsaved" in form.dataset) event.preventDefault();
  });
  form.addEventListener("submit", () => { delete form.dataset.unsaved; });
  document.addEventListener("keydown", (event) => {
    if (!composing.owns(event) && press(event)) event.preventDefault();
  });
  enableDragging(list, { rows, onmove: (from, slot) => move(rows()[from], slot) });
}
