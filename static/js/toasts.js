// HTML cannot take a note away again: this removes a toast once it was there long enough to be read and used, never while a pointer or the focus is
// in it. After an undo it asks for what the page shows.
(() => {
  const stays = 10_000; // milliseconds; eight at least
  const timers = new WeakMap();
  const all = () => document.querySelectorAll("[data-toast]");

  function arm(toast) {
    clearTimeout(timers.get(toast));
    timers.set(toast, setTimeout(() => {
      if (toast.matches(":hover, :focus-within") || document.hidden) arm(toast);
      else toast.remove();
    }, stays));
  }

  // A person who goes on at once has two requests under way, and the answers of both may name the same act.
  const shown = new Set();
  function armNew() {
    for (const toast of all()) {
      if (timers.has(toast)) continue;
      if (shown.has(toast.id) && toast.querySelector("[data-undo]")) {
        toast.remove();
        continue;
      }
      shown.add(toast.id);
      arm(toast);
    }
  }

  for (const kind of ["pointerout", "focusout"]) {
    document.addEventListener(kind, (event) => { const toast = event.target.closest?.("[data-toast]"); if (toast) arm(toast); });
  }

  // A person who goes on at once leaves the place of the answer; its toast is shown all the same.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.target?.isConnected !== false || ctx.request.method !== "POST") return;
    Object.assign(ctx, { target: document.getElementById("toasts"), swap: "none", push: null, replace: null });
  });

  document.addEventListener("htmx:after:swap", (event) => {
    armNew();
    const { ctx } = event.detail;
    if (!ctx?.request?.action?.endsWith("/tickets/undo")) return;
    for (const el of document.querySelectorAll("[data-refresh]")) el.dispatchEvent(new CustomEvent("mp:refresh"));
  });

  // A screen reader says what changes in a live region, and not what a page came with.
  document.addEventListener("DOMContentLoaded", () => {
    armNew();
    const words = document.querySelector("[data-toast] p")?.textContent;
    if (words) setTimeout(() => { document.getElementById("status").textContent = words; }, 200);
  });
})();
