// HTML has no keys for a list: j and k walk its rows, Enter opens one, / goes to the search; off while one types.
(() => {
  const typing = (el) => el.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  function walk(step) {
    const links = [...document.querySelectorAll("tr[data-href] [data-col=id] a")];
    const row = document.activeElement?.closest("tr") ?? document.querySelector("tr[aria-selected]");
    const here = links.indexOf(row?.querySelector("[data-col=id] a"));
    const next = links[Math.min(Math.max(here + step, 0), links.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  const keys = {
    j: () => walk(1),
    k: () => walk(-1),
    "/": () => document.querySelector("[data-search]")?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
