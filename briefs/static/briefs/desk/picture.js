// The cover picture: uploaded as soon as it is chosen or dropped, with a progress bar. A click on the picture
// sets its focal point. Without this module the same fields and buttons post the form. The picture's key is
// an ordinary field of the brief form, so autosave stores it.

import { acceptDrops, announce } from "./dom.js";
import { fill } from "./strings.js";

const form = document.getElementById("brief-form");
const box = document.getElementById("picture");
const part = (selector) => box.querySelector(selector);

if (form && box && part("#picture_file")) wire();

function wire() {
  const file = part("#picture_file");
  const { picture, picture_x: x, picture_y: y } = form.elements;
  const remove = part("[data-remove]");
  const label = remove.textContent;
  let removed = null; // the key that "Undo" restores

  part("[data-send]").hidden = true;
  file.addEventListener("change", () => file.files.length && take(file.files[0]));
  acceptDrops(box, ([dropped]) => take(dropped));
  part(".sight").addEventListener("click", (event) => {
    const area = part(".sight img").getBoundingClientRect();
    x.value = percent((event.clientX - area.left) / area.width);
    y.value = percent((event.clientY - area.top) / area.height);
    changed();
  });
  remove.addEventListener("click", (event) => {
    event.preventDefault();
    [removed, picture.value] = removed === null ? [picture.value, ""] : [null, removed];
    changed();
  });
  form.addEventListener("input", ({ target }) => (target === x || target === y) && show());
  form.addEventListener("desk:filled", ({ target }) => {
    if (target !== picture && target !== x && target !== y) return;
    if (picture.value) removed = null;
    show();
  });
  show();

  async function take(chosen) {
    say("");
    progress(0);
    try {
      const answer = await send(chosen);
      if (answer.reasons) return say(answer.reasons.map((reason) => reason.text).join(" "));
      if (picture.value !== answer.picture) x.value = y.value = "";
      picture.value = answer.picture;
      removed = null;
      changed();
    } catch {
      say(box.dataset.failed);
    } finally {
      file.value = "";
      part(".progress").hidden = true;
    }
  }

  // Upload the picture. The key is set only after the answer, so that a save never names a missing file.
  function send(chosen) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.set("picture_file", chosen);
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("POST", box.dataset.post);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
      request.addEventListener("error", failed);
      request.addEventListener("load", () => {
        const isOurs = request.response && (request.status === 200 || request.status === 409);
        if (isOurs) done(request.response);
        else failed();
      });
      request.send(data);
    });
  }

  function progress(share) {
    part(".progress").hidden = false;
    part("progress").value = share;
    const { sending, reading } = box.dataset;
    part(".progress [role=status]").textContent =
      share < 1 ? fill(sending, { percent: Math.floor(share * 100) }) : reading;
  }

  function say(sentence) {
    part(".refused").textContent = sentence;
    part(".refused").hidden = !sentence;
  }

  function changed() {
    show();
    announce(form, "desk:changed");
  }

  function show() {
    const key = picture.value;
    part(".shown").hidden = !key && removed === null;
    part(".shown .fields").hidden = part(".sight").hidden = !key;
    part(".gone").textContent = removed === null ? "" : box.dataset.removed;
    remove.textContent = removed === null ? label : box.dataset.undo;
    const image = part(".sight img");
    const address = box.dataset.file.replace("KEY", key);
    if (key && image.getAttribute("src") !== address) image.src = address;
    const point = part(".point");
    point.hidden = !(x.value && y.value);
    point.style.left = `${x.value || 50}%`;
    point.style.top = `${y.value || 50}%`;
  }
}

const percent = (share) => Math.round(Math.min(1, Math.max(0, share)) * 100);
