// HTML cannot dismiss, nor notice a lost connection: this closes an alert on its button and says when the server does not answer.
(() => {
  const offline = "offline";

  function say() {
    if (document.getElementById(offline)) return;
    const alert = document.getElementById("offline-alert")?.content.firstElementChild.cloneNode(true);
    if (!alert) return;
    alert.id = offline;
    document.getElementById("alerts").append(alert);
  }

  document.addEventListener("click", (event) => {
    const note = event.target.closest("[data-dismiss]")?.closest(".alert, .toast");
    if (!note) return;
    const focused = note.contains(document.activeElement);
    note.remove();
    if (focused) (document.querySelector(".detail-title") ?? document.getElementById("main"))?.focus({ preventScroll: true });
  });
  document.addEventListener("htmx:error", (event) => { if (event.detail.ctx && !event.detail.ctx.response) say(); });
  document.addEventListener("htmx:before:response", () => document.getElementById(offline)?.remove());
})();
