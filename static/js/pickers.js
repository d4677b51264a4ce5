// <details> neither closes on a click elsewhere or on Esc, nor says that it was opened to whoever fills it, nor opens from
// a link elsewhere, as a filter under "Add filter" does: this does all three. It also asks again for options that were asked for before a tick.
(() => {
  const open = () => document.querySelectorAll("details:is(.pop, .nav-menu)[open]");
  const fill = (find) => find?.dispatchEvent(new CustomEvent("mp:open"));

  document.addEventListener("toggle", (event) => {
    const picker = event.target;
    if (!picker.matches?.("details.pop") || !picker.open) return;
    for (const other of open()) if (other !== picker) other.open = false;
    const find = picker.querySelector("[data-find]");
    fill(find);
    find?.focus();
    find?.select();
  }, true);

  // What is on its way knows nothing of a tick that came after it was asked for, and would take it back.
  document.addEventListener("change", (event) => {
    const body = event.target.closest(".options")?.closest(".pop-body.htmx-request");
    fill(body?.querySelector("[data-find]"));
  });

  document.addEventListener("click", (event) => {
    for (const picker of open()) if (!picker.contains(event.target)) picker.open = false;
    const link = event.target.closest("[data-opens]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest("details").open = false; // now: its own late "toggle" would close what it leads to
    document.getElementById(link.dataset.opens).open = true;
  });

  // A picker that is out of sight once it is closed gives the focus back to the menu that it is under.
  const opener = (picker) => (picker.checkVisibility() ? picker : document.getElementById(picker.dataset.under))?.querySelector("summary");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const picker of open()) {
      picker.open = false;
      opener(picker)?.focus();
      event.preventDefault();
    }
  });
})();
