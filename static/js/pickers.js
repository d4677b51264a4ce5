// <details> does not close on Esc or a click elsewhere, does not report that it opened, and cannot open from a link elsewhere: this does all
// three. It also loads options again if a tick came after their request.
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

  // An answer on its way does not know a later tick and would undo it.
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

  // A picker that is hidden once closed returns the focus to its menu.
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
