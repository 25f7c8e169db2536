// Keeps the reader's place when the view or the language changes, and adds copying to the bullet that is open.
// Without this file the numbers are links, and an open bullet links to its twins. The words are the page's own.
const article = document.querySelector("[data-copied]");
const words = article?.dataset ?? {};
const bullets = [...document.querySelectorAll(".bullets li[id], .pair[id]")];
const own = ":scope > .text, :scope > .side, :scope > .summary";
const topmost = () => bullets.find((b) => b.querySelector(own).getBoundingClientRect().bottom > 80);
const isDown = () => scrollY > 300;
// The switches stand at the head of the page: who goes up to them comes from the bullet where they last rested.
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

// Copying: the link, the words on this page, or the words in both languages. The two with words say where they are from.
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
		// a promise inside the item: some browsers forget the click while a page is fetched
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
