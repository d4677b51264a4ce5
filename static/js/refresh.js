// HTML cannot ask again by itself: this tells every [data-refresh] when its seconds are over, while the tab is visible and the toggle is on.
(() => {
  const on = () => document.querySelector("[data-auto-refresh]")?.dataset.autoRefresh === "true";
  const due = new WeakMap();

  function tick() {
    if (document.hidden || !on()) return;
    const now = Date.now();
    for (const el of document.querySelectorAll("[data-refresh]")) {
      const pause = Number(el.dataset.refresh) * 1000;
      if (!due.has(el)) due.set(el, now + pause);
      if (now < due.get(el) || el.querySelector(".pop[open]")) continue;
      due.set(el, now + pause);
      el.dispatchEvent(new CustomEvent("mp:refresh"));
    }
  }

  document.addEventListener("visibilitychange", () => {
    for (const el of document.querySelectorAll("[data-refresh]")) due.set(el, 0);
    tick();
  });
  setInterval(tick, 500);
})();
