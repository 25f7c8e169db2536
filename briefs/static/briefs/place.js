// Keep the reader's position when the view or the language changes, and add copy buttons to the bullet named
// in the address. Without this file bullet numbers are still links. Texts come from the page's `data-`
// attributes.
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

// Copy the link, the text in this language, or the text in both. Copied text ends with a citation.
const textsOf = (bullet) =>
  [...bullet.querySelectorAll(own)]
    .filter((side) => !side.matches(".lacuna"))
    .map((side) => [...(side.querySelectorAll("p").length ? side.querySelectorAll("p") : [side])].map((p) => p.textContent.trim()).join("\n"));
const signed = (texts) => `${texts.join("\n")}\n${words.citation}${location.href}`;
const inBoth = async (bullet) => {
  if (bullet.matches(".pair")) return textsOf(bullet);
  const page = await fetch(words.parallel);
  if (!page.ok) throw new Error(page.statusText);
  const twin = new DOMParser().parseFromString(await page.text(), "text/html").getElementById(bullet.id);
  return twin ? textsOf(twin) : textsOf(bullet);
};
const button = (label, text) => {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = label;
  b.addEventListener("click", async () => {
    // the promise is passed in the item: after a fetch, some browsers no longer allow access to the clipboard
    const item = new ClipboardItem({ "text/plain": Promise.resolve(text()).then((t) => new Blob([t], { type: "text/plain" })) });
    try {
      await navigator.clipboard.write([item]);
      b.textContent = words.copied;
    } catch {
      b.remove();
    }
  });
  return b;
};
const open = () => {
  const bullet = bullets.find((b) => `#${b.id}` === location.hash);
  const bar = bullet?.querySelector(":scope > .elsewhere");
  if (!bar || bar.ariaLive || !navigator.clipboard) return;
  bar.ariaLive = "polite";
  bar.append(button(words.copyLink, () => location.href));
  if (!bullet.matches(".pair")) bar.append(button(words.copyText, () => signed(textsOf(bullet))));
  bar.append(button(words.copyBoth, async () => signed(await inBoth(bullet))));
};
for (const part of navigator.clipboard ? document.querySelectorAll("[data-copy-citation]") : [])
  for (const line of part.querySelectorAll("dd")) {
    const text = line.innerText || line.textContent;
    const bar = document.createElement("span");
    bar.lang = document.documentElement.lang;
    bar.ariaLive = "polite";
    bar.append(button(part.dataset.copyCitation, () => text));
    line.append(" ", bar);
  }
addEventListener("hashchange", open);
open();
