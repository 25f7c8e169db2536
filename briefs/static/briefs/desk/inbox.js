// Mark a notice as read when its page is opened from the inbox. The links work without this.

const form = document.querySelector("form.inbox");

form?.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-notice]");
  if (link?.closest(".unread")) {
    const body = new URLSearchParams(new FormData(form));
    body.set("read", link.dataset.notice);
    fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" });
    link.closest("li").classList.remove("unread");
  }
});
