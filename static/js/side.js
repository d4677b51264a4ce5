// A table row is no link, and a link cannot close what it opened: this opens a row's own link from anywhere in the row, closes the side panel,
// and goes back and forward through what it showed while its list stays where it is.
(() => {
  const side = () => document.getElementById("side");
  const list = () => document.querySelector("[data-list-url]");
  const page = () => document.querySelector(".main > .detail")?.getAttribute("hx-get"); // what stands there in place of a list
  const base = () => list()?.dataset.listUrl ?? page();
  const shown = new Set();
  let opener = null; // what had the focus when something was opened where nothing was

  function mark() {
    const open = side()?.querySelector("[data-row]")?.dataset.row;
    for (const row of document.querySelectorAll("tr[data-href]")) {
      if (row.id === open) row.setAttribute("aria-selected", "true");
      else row.removeAttribute("aria-selected");
    }
  }

  function clear() {
    const row = document.getElementById(side().querySelector("[data-row]")?.dataset.row);
    side().replaceChildren();
    mark();
    const to = row?.querySelector("a") ?? opener;
    (to?.checkVisibility() ? to : to?.closest("details")?.querySelector("summary"))?.focus();
  }

  function close() {
    history.pushState({ htmx: true }, "", base());
    clear();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-side]") && side()?.contains(event.target) && base()) {
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else row.querySelector("a").click();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("input, textarea, select")) return;
    if (base() && side()?.firstElementChild) close();
    else if (!list()) document.querySelector("[data-close-side]")?.click();
  });

  // Only a person opens something here: a poll, a draft or an answer that is not shown leaves the focus where it is.
  let opened = null; // the request whose answer is shown here next
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    if (!side()?.firstElementChild) opener = document.activeElement;
    if (!typing.background(ctx) && tasks.some(({ target, swapSpec }) => target === side() && swapSpec.style !== "none")) opened = ctx;
  });

  document.addEventListener("htmx:before:history:restore", (event) => {
    const path = event.detail.path;
    const closed = path === base();
    if (!closed && !(base() && shown.has(path))) return;
    event.preventDefault();
    if (closed) clear();
    else htmx.ajax("GET", path, { source: side() }); // its attributes say how
  });

  // Reloaded, what was beside a list is a page of its own; it remembers which list it came from, with its filters.
  const from = history.state?.list;
  if (!list() && from?.startsWith?.("/")) for (const link of document.querySelectorAll("[data-close-side]")) link.href = from;
  document.addEventListener("htmx:after:history:push", () => {
    if (list() && location.pathname !== list().dataset.listUrl.split("?")[0]) history.replaceState({ ...history.state, list: list().dataset.listUrl }, "");
  });

  document.addEventListener("htmx:after:swap", (event) => {
    mark();
    if (!opened || event.detail.ctx !== opened) return;
    opened = null;
    if (!typing.busy()) side().querySelector("h2")?.focus();
    shown.add(side().firstElementChild?.getAttribute("hx-get"));
  });
})();
