// Drag rows by their number, with mouse, pen or finger. A click without movement calls `onpress`: earlier, at the end of a
// touch, the browser would close the menu again.

import { createElement } from "./dom.js";

const GIVE = 48; // px; a pointer this far into a tall row counts as past it
const EDGE = 64; // px from the edge of the window, within which the page scrolls
const STARTS = 6;

/**
 * `rows()` returns the rows of the box; each has a `.handle`. `onmove(from, slot)`: the row with index `from` was dropped
 * before the one with index `slot`, or after the last.
 */
export function enableDragging(box, { rows, onmove, onpress = () => {} }) {
  let drag = null;
  let isDragged = false; // a click follows the end of a drag
  const line = createElement("div", { className: "drop-line" });

  const rowOf = (handle) => rows().find((row) => row.contains(handle));

  /**
   * Start or end the drag style. On a phone, rows shrink to two lines; scroll so that the row stays under the
   * finger.
   */
  function fold(on) {
    const before = drag.pair.getBoundingClientRect().top;
    document.body.classList.toggle("is-dragging", on);
    drag.pair.classList.toggle("dragging", on);
    scrollBy(0, drag.pair.getBoundingClientRect().top - before);
  }

  function end(commit) {
    if (!drag) return;
    const { pair, slot, isLive, timer } = drag;
    isDragged = isLive;
    clearInterval(timer);
    line.remove();
    if (isLive) fold(false);
    drag = null;
    if (commit && isLive && slot !== null) onmove(rows().indexOf(pair), slot);
  }

  function scroll() {
    const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
    if (drag.y < Math.max(0, bar) + EDGE / 2) scrollBy(0, -12);
    else if (drag.y > innerHeight - EDGE) scrollBy(0, 12);
  }

  function place() {
    scroll();
    const pairs = rows();
    const from = pairs.indexOf(drag.pair);
    let slot = pairs.findIndex((pair, i) => {
      const { top, bottom, height } = pair.getBoundingClientRect();
      const give = Math.min(height / 2, GIVE);
      return drag.y < (i > from ? top + give : bottom - give);
    });
    if (slot < 0) slot = pairs.length;
    drag.slot = slot === from || slot === from + 1 ? null : slot;
    if (drag.slot === null) line.remove();
    else if (slot < pairs.length) pairs[slot].before(line);
    else pairs.at(-1).after(line);
  }

  box.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button || drag) return;
    const y = event.clientY;
    isDragged = false;
    drag = { pair: rowOf(handle), id: event.pointerId, start: y, y, isLive: false, slot: null };
    handle.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    drag.y = event.clientY;
    if (!drag.isLive && Math.abs(drag.y - drag.start) < STARTS) return;
    if (!drag.isLive) {
      drag.isLive = true;
      fold(true);
      drag.timer = setInterval(place, 30);
    }
    place();
  });
  box.addEventListener("pointerup", (event) => event.pointerId === drag?.id && end(true));
  box.addEventListener("click", ({ target }) => {
    const handle = target.closest(".handle");
    if (handle && !isDragged) onpress(rowOf(handle), handle);
  });
  box.addEventListener("pointercancel", () => end(false));
  const escape = (event) => {
    if (!drag?.isLive || event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    end(false);
  };
  addEventListener("keydown", escape, true);
}
