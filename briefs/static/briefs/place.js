// Keep the reader's position when the view or the language changes, open a bullet's menu at its number and a
// term's card at the term. Without this file both are links. Texts come from the page's `data-` attributes.
const article = document.querySelector("[data-copied]");
const words = article?.dataset ?? {};
const bullets = [...document.querySelectorAll(".bullets li[id], .pair[id]")];
const own = ":scope > .text, :scope > .side, :scope > .summary";
const topmost = () => bullets.find((b) => b.querySelector(own).getBoundingClientRect().bottom > 80);
const isDown = () => scrollY > 300;
// The links that switch view and language are at the top of the page. A reader who scrolls up to use them is
// sent to the bullet where scrolling last paused.
let rested = null, still;
addEventListener("scroll", () => {
  clearTimeout(still);
  still = setTimeout(() => { rested = isDown() ? { bullet: topmost(), at: Date.now() } : rested; }, 800);
}, { passive: true });
for (const a of document.querySelectorAll(".views a, .masthead a[hreflang], .twin-headline a[hreflang]")) {
  const keep = () => {
    const recent = rested && Date.now() - rested.at < 20_000 ? rested.bullet : null;
    const bullet = isDown() ? topmost() : recent;
    a.hash = bullet ? bullet.id : location.hash;
  };
  for (const type of ["pointerdown", "focus"]) a.addEventListener(type, keep);
}

// Copied text ends with a citation.
const textsOf = (bullet, sides = own) =>
  [...bullet.querySelectorAll(sides)]
    .filter((side) => !side.matches(".lacuna"))
    .map((side) => [...(side.querySelectorAll("p").length ? side.querySelectorAll("p") : [side])].map((p) => p.textContent.trim()).join("\n"));
let parallel = null;
const fetchPair = async (bullet) => {
  parallel ??= fetch(words.parallel).then(async (page) => {
    if (!page.ok) throw new Error(page.statusText);
    return new DOMParser().parseFromString(await page.text(), "text/html");
  });
  try {
    return (await parallel).getElementById(bullet.id) ?? bullet;
  } catch (error) {
    parallel = null;
    throw error;
  }
};
const button = (label, act) => {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = label;
  b.addEventListener("click", () => act(b));
  return b;
};
const copyButton = (label, text) =>
  button(label, async (b) => {
    // the promise is passed in the item: after a fetch, some browsers no longer allow access to the clipboard
    const item = new ClipboardItem({ "text/plain": Promise.resolve(text()).then((t) => new Blob([t], { type: "text/plain" })) });
    try {
      await navigator.clipboard.write([item]);
      b.textContent = words.copied;
      setTimeout(() => { b.textContent = label; }, 2_000);
    } catch {
      b.remove();
    }
  });
const live = (...parts) => {
  const bar = document.createElement("span");
  bar.ariaLive = "polite";
  bar.append(...parts);
  return bar;
};
for (const part of navigator.clipboard ? document.querySelectorAll("[data-copy-citation]") : [])
  for (const line of part.querySelectorAll("dd")) {
    const text = line.innerText || line.textContent;
    const bar = live(copyButton(part.dataset.copyCitation, () => text));
    bar.lang = document.documentElement.lang;
    line.append(" ", bar);
  }

// The menu of a bullet stands in the flow below its text, so it covers nothing. It is complete at its first opening.
const numberOf = (bullet) => bullet.querySelector(":scope > .anchor");
const menuOf = (bullet) => bullet.querySelector(":scope > .elsewhere");
const showTwin = (bullet, link) =>
  button(words.show, async (b) => {
    let twin = menuOf(bullet).querySelector(".twintext");
    if (!twin) {
      const pair = await fetchPair(bullet).catch(() => null);
      if (!pair) return location.assign(link.href);
      twin = document.createElement("span");
      twin.className = "twintext";
      twin.lang = link.lang;
      twin.textContent = textsOf(pair, `:scope > .side[lang="${link.lang}"]`).join("\n");
      twin.hidden = true;
      menuOf(bullet).append(live(twin));
    }
    twin.hidden = !twin.hidden;
    b.textContent = twin.hidden ? words.show : words.hide;
  });
const complete = (bullet) => {
  const menu = menuOf(bullet), address = numberOf(bullet).href, isPair = bullet.matches(".pair");
  const sign = (texts) => `${texts.join("\n")}\n${words.citation}${address}`;
  const [twin] = isPair ? [] : menu.querySelectorAll("a[hreflang]");
  const report = document.querySelector("a[href*='/report/']")?.cloneNode(true);
  const copies = live(`${words.copy} `, copyButton(words.copyLink, () => address));
  Object.assign(copies, { role: "group", ariaLabel: words.copy });
  if (!isPair) copies.append(copyButton(words.copyText, () => sign(textsOf(bullet))));
  copies.append(
    copyButton(words.copyBoth, async () => sign(textsOf(isPair ? bullet : await fetchPair(bullet)))),
    copyButton(words.copyCite, () => words.citation + address),
  );
  if (twin) menu.prepend(showTwin(bullet, twin));
  if (navigator.clipboard) menu.prepend(copies);
  if (report) report.search = `?bullet=${bullet.id.slice(1)}`;
  menu.append(...(report ? [report] : []));
  menu.dataset.complete = "";
};
let opened = null;
// `still` keeps its place on the screen although the menu above it opens or closes.
const open = (bullet, still = bullet) => {
  const top = still.getBoundingClientRect().top;
  if (opened) numberOf(opened).ariaExpanded = "false";
  opened?.classList.remove("opened");
  opened = bullet;
  if (bullet && !("complete" in menuOf(bullet).dataset)) complete(bullet);
  bullet?.classList.add("opened");
  if (bullet) numberOf(bullet).ariaExpanded = "true";
  history.replaceState({ bullet: bullet?.id }, "", bullet ? numberOf(bullet).href : location.href);
  scrollBy({ top: still.getBoundingClientRect().top - top, behavior: "instant" });
};
const withMenu = bullets.filter(menuOf);
for (const bullet of withMenu) numberOf(bullet).ariaExpanded = "false";

// One card for all terms, filled from the list of terms.
const terms = "popover" in HTMLElement.prototype ? document.querySelectorAll("a.term") : [];
const card = document.createElement("div");
let pressed = null;
if (terms.length) {
  Object.assign(card, { popover: "auto", className: "gloss ui", role: "dialog", tabIndex: -1 });
  article.append(card);
  card.addEventListener("toggle", (event) => event.newState === "closed" && point(null));
  // a press on the term of the open card closes the card, so the click that follows must not open it again
  addEventListener("pointerdown", (event) => { pressed = event.target.closest("a.term[aria-expanded=true]"); }, { capture: true });
}
const point = (term) => {
  for (const each of terms) each.ariaExpanded = String(each === term);
};
const showCard = (term) => {
  const entry = document.querySelector(`${term.hash} dt a`).cloneNode(true);
  const twin = document.querySelector(`${term.hash} dd`);
  const lines = [entry.textContent, twin.textContent].map((text) => Object.assign(document.createElement("p"), { className: "rendering", textContent: text }));
  lines[1].lang = twin.lang;
  card.ariaLabel = entry.textContent;
  entry.textContent = words.uses;
  card.replaceChildren(...lines, entry);
  point(term);
  card.showPopover({ source: term });
  card.focus({ preventScroll: true });  // `autofocus` would scroll to the place that the card leaves to fit
};
point(null);

addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest(".anchor, a.term");
  const bullet = withMenu.find((b) => numberOf(b) === link);
  if (bullet) open(bullet === opened ? null : bullet, link);
  else if (link && [...terms].includes(link)) {
    if (pressed !== link) showCard(link);
  } else {
    if (opened && event.target.closest("li[id]") !== opened && !card.contains(event.target)) open(null, event.target);
    return;
  }
  event.preventDefault();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !opened || (terms.length && card.matches(":popover-open"))) return;
  if (opened.contains(document.activeElement)) numberOf(opened).focus();
  open(null, opened);
});
// after Back the menu from which the reader went is open again
const left = withMenu.find((b) => b.id === history.state?.bullet);
if (left) open(left);
