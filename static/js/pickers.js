// <details> neither closes on a click elsewhere or on Esc, nor says that it was opened to whoever fills it: this does both.
(() => {
  const open = () => document.querySelectorAll("details:is(.pop, .nav-menu)[open]");

  document.addEventListener("toggle", (event) => {
    const picker = event.target;
    if (!picker.matches?.("details.pop") || !picker.open) return;
    for (const other of open()) if (other !== picker) other.open = false;
    picker.dispatchEvent(new CustomEvent("mp:open"));
    picker.querySelector("[data-find]")?.focus();
  }, true);

  document.addEventListener("click", (event) => {
    for (const picker of open()) if (!picker.contains(event.target)) picker.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const picker of open()) {
      picker.open = false;
      picker.querySelector("summary").focus();
      event.preventDefault();
    }
  });
})();
