// Suggestions and notes in the margins: answered in place, after saving what is typed.

import { postForm } from "../dom.js";
import { placeItems } from "../margin.js";
import { translate } from "../strings.js";
import { leaveTabOrder } from "./findings.js";

const ANSWERS = "button[name=do]:is([value^='accept:'], [value^='decline:'], [value^='reply:'], [value^='resolve:'], [value^='reopen:'])";

export class Comments {
  constructor(editor) {
    this.editor = editor;
    this.form = editor.sheet.form;
    this.form.addEventListener("click", (event) => {
      const button = event.target.closest(ANSWERS);
      if (!button) return;
      event.preventDefault();
      this.#answer(button);
    });
  }

  /** Show the comments that the server has rendered. */
  show(html) {
    const { numbers } = this.editor.sync;
    const row = (key) => Object.keys(numbers).find((name) => `b${numbers[name]}` === key) ?? key;
    placeItems(this.form, "comment", html, row);
    leaveTabOrder(this.form);
  }

  async #answer(button) {
    const { sync, display } = this.editor;
    if (!(await sync.flush())) return display.say(translate("not_answered"));
    const item = button.closest(".item");
    const pair = button.closest(".pair");
    const answer = await this.#post(button);
    if (!answer?.margin && answer?.margin !== "") {
      return display.say(answer?.reasons?.map((reason) => reason.text).join(" ") || translate("not_answered"));
    }
    const had = item.contains(document.activeElement);
    item.remove();
    this.show(answer.margin);
    if (had) this.#refocus(item.id, pair);
    if (button.value.startsWith("accept:")) this.#take(pair, button.dataset);
    sync.hasNews = true; // what a sign-off would confirm
    sync.news();
    sync.save({ ask: true });
  }

  /** Focus the item if it is still open, else the text of its row, or what follows the notes on the whole brief. */
  #refocus(id, pair) {
    const item = document.getElementById(id);
    const next = item?.checkVisibility() ? item : pair?.querySelector(".cell textarea") ?? this.form.querySelector(".whole > .act > summary");
    next?.focus();
  }

  /** Put an accepted wording into the text as one step that can be undone. The server has stored it already. */
  #take(pair, { side, text }) {
    const { fields, rows } = this.editor.state;
    const { lead } = pair.dataset;
    const name = `text_${side}`;
    const change = lead
      ? { fields: { ...fields, [`${lead}_${side}`]: text }, rows }
      : { fields, rows: rows.map((row) => (row.key === pair.id ? { ...row, [name]: text } : row)) };
    this.editor.apply({ ...change, message: ["did_accept"] });
  }

  #post(button) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.editor.sync.token);
    body.set("do", button.value);
    for (const area of button.closest(".item").querySelectorAll("textarea")) body.set(area.name, area.value);
    return postForm(button.formAction, body);
  }
}
