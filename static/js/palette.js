// HTML cannot choose among links while a person types: this opens the palette, moves through its results with the arrow keys, and opens the
// chosen one. Results stay plain links and forms.
(() => {
  const dialog = () => document.getElementById("palette");
  const box = () => document.getElementById("palette-q");
  const found = () => document.getElementById("palette-results");
  const options = () => [...found().querySelectorAll("[data-option]")];
  const chosen = () => found().querySelector("[data-option][aria-selected=true]");
  let asked = null; // the text whose answer is shown; null while one is under way
  let enter = false; // Enter was pressed before that answer

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) box().setAttribute("aria-activedescendant", option.id);
    else box().removeAttribute("aria-activedescendant");
  }

  // dress sets the roles of a combobox.
  function dress() {
    for (const group of found().querySelectorAll("[data-hits]")) group.role = "group";
    options().forEach((option, i) => {
      option.role = "option";
      option.id = `palette-option-${i}`;
      option.tabIndex = -1;
      option.setAttribute("aria-selected", "false");
    });
    choose(options()[0]);
    const none = found().querySelector("[data-none]")?.textContent;
    document.getElementById("palette-status").textContent = none ?? `${options().length} to choose from`;
  }

  function open() {
    if (!dialog().open) dialog().showModal();
    box().select();
    asked = null;
    box().dispatchEvent(new CustomEvent("mp:open"));
  }

  function note(option) {
    if (option.matches("[data-hit]")) navigator.sendBeacon("/search", new URLSearchParams({ q: box().value }));
  }

  function go(option, event) {
    if (option.href && (event.ctrlKey || event.metaKey)) window.open(option.href, "_blank", "noopener");
    else option.click();
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    const option = event.target.closest("#palette-results [data-option]");
    if (event.ctrlKey || event.metaKey || event.shiftKey) return void (option && note(option));
    if (opener) {
      event.preventDefault();
      open();
    }
    if (!option) return;
    note(option);
    dialog().close();
    if (!option.matches("[data-beside]") || !document.querySelector("[data-list-url]")) return;
    event.preventDefault();
    const side = document.getElementById("side");
    htmx.ajax("GET", option.getAttribute("href"), { source: side, target: side, push: "true" });
  });

  document.addEventListener("keydown", (event) => {
    if (event.target !== box() || event.isComposing) return;
    const all = options();
    const at = all.indexOf(chosen());
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      choose(all[(to + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (asked !== box().value.trim()) enter = true;
      else if (chosen()) go(chosen(), event);
    }
  });

  document.addEventListener("input", (event) => { if (event.target === box()) enter = false; });
  document.addEventListener("htmx:before:request", (event) => { if (event.detail.ctx?.sourceElement === box()) asked = null; });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.target !== found()) return;
    asked = found().querySelector("[data-asked]")?.dataset.asked ?? "";
    dress();
    if (!enter || asked !== box().value.trim()) return;
    enter = false;
    if (chosen()) go(chosen(), event);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) dialog()?.close(); });
})();
