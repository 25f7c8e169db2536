// Make links within the page focus the field in their target, instead of only scrolling to it.

const FIELD = "textarea, input:not([type=hidden]), select";

/** Focus the first empty field of the target, else its first field. Return false if it has none. */
export function focusLinkTarget(hash) {
  const place = document.getElementById(hash.slice(1));
  place?.closest("details")?.setAttribute("open", "");
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
