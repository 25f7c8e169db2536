// A button that copies a field. Without this file, or without a clipboard, the field itself can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
	const field = document.getElementById(button.dataset.copy);
	button.hidden = false;
	button.addEventListener("click", async () => {
		field.focus();
		field.select();
		if (!navigator.clipboard) return;
		await navigator.clipboard.writeText(field.value);
		button.textContent = button.dataset.copied;
	});
}
