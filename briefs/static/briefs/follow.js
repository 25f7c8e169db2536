// Copy the address of a feed. Without this script, or where copying is refused, the link opens the feed.
const list = document.querySelector(".feeds");
list.addEventListener("click", async (event) => {
	const link = event.target.closest("a");
	if (!link || !navigator.clipboard) return;
	event.preventDefault();
	try {
		await navigator.clipboard.writeText(link.href);
		const words = link.textContent;
		link.textContent = list.dataset.copied;
		setTimeout(() => { link.textContent = words; }, 2000);
	} catch {
		location.assign(link.href);
	}
});
