// HTML has no timer for requests: this refreshes every [data-refresh] when its seconds have passed, while the tab is visible and the switch is on.
(() => {
  const on = () => document.querySelector("[data-auto-refresh]")?.dataset.autoRefresh === "true";
  const look = 500; // milliseconds
  const due = new WeakMap();

  function tick() {
    if (document.hidden || !on()) return;
    const now = Date.now();
    for (const el of document.querySelectorAll("[data-refresh]")) {
      const pause = Number(el.dataset.refresh) * 1000;
      if (!due.has(el)) due.set(el, now + pause);
      if (now + look / 2 < due.get(el) || el.querySelector(".pop[open]")) continue;
      due.set(el, now + pause);
      el.dispatchEvent(new CustomEvent("mp:refresh"));
    }
  }

  document.addEventListener("visibilitychange", () => {
    for (const el of document.querySelectorAll("[data-refresh]")) due.set(el, 0);
    tick();
  });
  setInterval(tick, look);
})();

// Nobody sees one changed cell among thousands: a changed cell is highlighted once. After "N new" the focus is on the new rows.
(() => {
  const words = (cell) => {
    const time = cell.querySelector("time[datetime]"); // its text also changes with time
    return time ? time.getAttribute("datetime") : cell.textContent;
  };

  htmx.registerExtension("changed-cells", {
    htmx_before_morph_node(old, { newNode: now }) {
      if (!old.matches?.("[data-refresh] td[data-col]") || old.dataset.col !== now.dataset?.col || words(old) === words(now)) return;
      now.classList.add("is-changed");
      setTimeout(() => old.classList.remove("is-changed"), 2000);
    },
  });

  let shown = "";
  document.addEventListener("click", (event) => { shown = event.target.closest("[data-show]")?.closest("[data-refresh]").id ?? ""; }, true);
  document.addEventListener("htmx:after:swap", () => {
    const list = document.getElementById(shown);
    if (!list || list.querySelector("[data-show]")) return;
    shown = "";
    if (!typing.busy()) list.querySelector(".table-frame").focus({ preventScroll: true });
  });
})();
