// Connect findings and glossary suggestions to the editor. Repairs happen only on a click.

import * as act from "./commands.js";
import { postForm } from "../dom.js";
import { watchMargins } from "../margin.js";
import { Comments } from "./comments.js";
import { Findings, leaveTabOrder } from "./findings.js";
import { RowSuggestions } from "./row_suggestions.js";

export function attachChecks(editor) {
  const { sync, sheet } = editor;
  editor.findings = new Findings(sheet, document.getElementById("desk-flag"), {
    repair: (edits) => repair(editor, edits),
    copy: (side) => editor.apply(act.copyStructure(editor.state.rows, side)),
    flush: () => sync.flush(),
    post: (values) => post(sync.addresses.dismiss, editor, values),
  });
  editor.comments = new Comments(editor);
  leaveTabOrder(sheet.form);
  watchMargins(sheet.form);
  editor.rail = new RowSuggestions(sheet, () => sync.addresses.rail ?? "");
}

/** Apply a repair as one undo step, and save it. */
function repair(editor, edits) {
  if (editor.apply(act.repair(editor.state, edits))) editor.sync.save();
}

async function post(address, editor, values) {
  if (!address) return null;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", editor.sync.token);
  for (const { key } of editor.state.rows) body.append("bullet", key);
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  return postForm(address, body);
}
