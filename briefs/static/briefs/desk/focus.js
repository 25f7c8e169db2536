// Links within the page lead into the field that they are about, not only to where it stands.

const FIELD = "textarea, input:not([type=hidden]), select";

/** True if there is one. Of a pair it is a language that is still empty, else the first. */
export function focusLinkTarget(hash) {
  const place = document.getElementById(hash.slice(1));
  const field = place && fieldOf(place);
  if (!field) return false;
  location.hash = hash;
  field.focus();
  return true;
}

function fieldOf(place) {
  if (place.matches(FIELD)) return place;
  const inside = place.matches(".pair") ? ".cell textarea" : FIELD;
  const fields = [...place.querySelectorAll(inside)].filter((field) => field.checkVisibility());
  return fields.find((field) => !field.value.trim()) ?? fields[0];
}
