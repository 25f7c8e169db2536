// The contents of an issue, ordered by Alt and an arrow or by dragging a number, and a warning before unsaved words are left.

import { enableDragging } from "./dragging.js";
import { pasteText } from "./editor/clipboard.js";

const form = document.getElementById("issue-form");
const list = document.getElementById("issue-items");
const live = document.getElementById("issue-live");

/** Show that the form has unsaved words. */
function mark() {
  form.dataset.unsaved = "";
  document.getElementById("issue-unsaved").hidden = false;
}

const rows = () => [...list.querySelectorAll(":scope > li")];

/** Move the item before the one with index `slot`, or after the last. Number all anew and say where it is now. */
function move(item, slot) {
  list.insertBefore(item, rows()[slot] ?? null);
  rows().forEach((row, i) => { row.querySelector(".n").textContent = i + 1; });
  live.textContent = form.dataset.place.replace("{n}", rows().indexOf(item) + 1).replace("{m}", rows().length);
  mark();
}

if (form) {
  form.addEventListener("input", mark);
  form.addEventListener("paste", (event) => pasteText(event));
  addEventListener("beforeunload", (event) => {
    if ("unsaved" in form.dataset) event.preventDefault();
  });
  form.addEventListener("submit", () => { delete form.dataset.unsaved; });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.key === "Enter" && event.target.name === "q" && !event.isComposing) {
      event.preventDefault(); // Enter alone would press the first button, Save
      form.requestSubmit(document.querySelector("[name=do][value=find]"));
      return;
    }
    const item = event.target.closest?.("#issue-items > li");
    if (!item || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const focused = document.activeElement;
    const from = rows().indexOf(item);
    const slot = event.key === "ArrowDown" ? from + 2 : from - 1;
    if (slot < 0 || slot > rows().length) return;
    move(item, slot);
    focused.focus();
  });
  enableDragging(list, { rows, onmove: (from, slot) => move(rows()[from], slot) });
}
