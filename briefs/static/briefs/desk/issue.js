// The contents of an issue, ordered by Alt and an arrow or by dragging a number, and a warning before unsaved words are left.

import { pasteText } from "./editor/clipboard.js";

const form = document.getElementById("issue-form");
const list = document.getElementById("issue-items");
const live = document.getElementById("issue-live");

/** Show that the form has unsaved words. */
function mark() {
  form.dataset.unsaved = "";
  document.getElementById("issue-unsaved").hidden = false;
}

/** Number the items anew and say where the item is now. */
function renumber(item) {
  [...list.children].forEach((row, i) => { row.querySelector(".n").textContent = i + 1; });
  const place = [...list.children].indexOf(item) + 1;
  live.textContent = form.dataset.place.replace("{n}", place).replace("{m}", list.children.length);
  mark();
}

function move(item, down) {
  const other = down ? item.nextElementSibling : item.previousElementSibling;
  if (!other) return;
  if (down) other.after(item);
  else other.before(item);
  renumber(item);
}

function enableDragging() {
  let item = null;
  let isMoved = false;
  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button) return;
    item = handle.closest("li");
    isMoved = false;
    handle.setPointerCapture(event.pointerId);
    item.classList.add("dragging");
  });
  list.addEventListener("pointermove", ({ clientY }) => {
    if (!item) return;
    const half = (row) => row.getBoundingClientRect().top + row.offsetHeight / 2;
    const below = item.nextElementSibling;
    const above = item.previousElementSibling;
    if (below && clientY > half(below)) below.after(item);
    else if (above && clientY < half(above)) above.before(item);
    else return;
    isMoved = true;
  });
  const end = () => {
    item?.classList.remove("dragging");
    if (isMoved) renumber(item);
    item = null;
    isMoved = false;
  };
  list.addEventListener("pointerup", end);
  list.addEventListener("pointercancel", end);
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
    move(item, event.key === "ArrowDown");
    focused.focus();
  });
  enableDragging();
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    const folded = target?.closest("details:not([open])");
    if (folded) folded.open = true;
    target?.focus();
  });
}
