// Texts side by side in rows: they grow with their words, and keys lead from row to row. For briefs and issues.

const PARAGRAPHS = /^(summary|preface|change_note)_/; // fields with more than one line
const ENTERED = /^(preface|change_note)_/; // of those, the ones in which Enter alone breaks the line

/**
 * Copy the text into the hidden element under the textarea, which makes the textarea grow and shows the marks
 * ([from, to]).
 */
export function mirror(area, spans = area.spans ?? []) {
  const box = area.parentElement.querySelector(".mirror");
  const text = area.value || area.placeholder;
  const parts = [];
  let from = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start < from || end > text.length) continue;
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    parts.push(text.slice(from, start), mark);
    from = end;
  }
  box.replaceChildren(...parts, `${text.slice(from)}\u200b`);
}

/** Make one line of a typed or pasted text, unless its field has paragraphs. */
export function keepInLine(area) {
  if (PARAGRAPHS.test(area.name) || !area.value.includes("\n")) return;
  const caret = area.selectionStart;
  area.value = area.value.replace(/\s*\n\s*/g, " ");
  area.setSelectionRange(caret, caret);
}

/** Move to the same language of another row. */
export function walk(area, by) {
  const pairs = [...area.form.querySelectorAll(".pair")];
  const { side } = area.closest(".cell").dataset;
  const next = pairs[pairs.indexOf(area.closest(".pair")) + by]?.querySelector(`.cell[data-side=${side}] textarea`);
  if (!next) return false;
  const caret = by < 0 ? next.value.length : 0;
  next.focus();
  next.setSelectionRange(caret, caret);
  return true;
}

/** At the start or end of a text, arrow up or down moves to the same language of the row above or below. */
export function leaveAtEdge(event, area) {
  const { selectionStart: start, selectionEnd: end } = area;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || start !== end) return false;
  if (event.key === "ArrowUp" && start === 0) return walk(area, -1);
  return event.key === "ArrowDown" && end === area.value.length && walk(area, 1);
}

/** In a text that is no bullet Enter leads to the next row. Return whether the key did something. */
export function keyInText(event, area) {
  if (leaveAtEdge(event, area)) return true;
  if (event.key !== "Enter" || ENTERED.test(area.name) || (PARAGRAPHS.test(area.name) && event.shiftKey)) return false;
  return event.shiftKey || event.repeat || walk(area, 1);
}
