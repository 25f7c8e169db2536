// The button of a publishing act says what will happen: now, or at the time in the field.

const field = document.querySelector("input[name=at]");
const button = document.querySelector("button[name=when]");

function update() {
  // A half-typed time has no value. The browser refuses to send it, and the server refuses "later" without a time.
  const isHalfTyped = field.validity.badInput;
  const { now, later } = button.dataset;
  button.value = isHalfTyped ? "later" : field.value || "now";
  button.textContent = field.value || isHalfTyped ? later.replace("%(time)s", describe(field.value)) : now;
}

function describe(value) {
  if (!value) return "…";
  const format = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const moment = new Date(value);
  if (moment.getFullYear() !== new Date().getFullYear()) format.year = "numeric";
  const language = document.documentElement.lang.startsWith("zh") ? "zh-Hant-TW" : "en-GB";
  return new Intl.DateTimeFormat(language, format).format(moment).replace(" at ", ", ");
}

if (field) {
  for (const event of ["input", "keyup", "change"]) field.addEventListener(event, update); // half-typed: no input event
  update(); // the browser may have kept a time over a reload
}
