// The button of a publishing act says what will happen: now, or at the time in the field.

const field = document.querySelector("input[name=at]");
const button = document.querySelector("button[name=when]");

function update() {
  // A half-typed time has no value; the server refuses "later" without a time.
  button.value = field.validity.badInput ? "later" : field.value || "now";
  button.textContent = field.value ? button.dataset.later.replace("%(time)s", describe(field.value)) : button.dataset.now;
}

function describe(value) {
  const format = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const moment = new Date(value);
  if (moment.getFullYear() !== new Date().getFullYear()) format.year = "numeric";
  const language = document.documentElement.lang.startsWith("zh") ? "zh-Hant-TW" : "en-GB";
  return new Intl.DateTimeFormat(language, format).format(moment).replace(" at ", ", ");
}

field?.addEventListener("input", update);
if (field) update(); // the browser may have kept a time over a reload
