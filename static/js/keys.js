// HTML has no keys for a page: j and k walk a list's rows, g and a letter goes to a page, and so on, as the dialog behind ? lists them. They are off
// while a person types (typing.js), while a dialog is open, and where somebody turned them off: speech input and some screen readers type letters.
(() => {
  const off = "single-keys-off";
  const pages = { h: "/", o: "/orders", t: "/tickets", u: "/users", p: "/payments", s: "/services" };
  const find = (css) => document.querySelector(css);
  const rows = () => [...document.querySelectorAll("tr[data-href]")];
  const row = () => document.activeElement?.closest("tr[data-href]") ?? find("tr[aria-selected]");
  const link = (of) => of?.querySelector("[data-col=id] a");
  let gone = 0; // when g was pressed

  const turnedOff = () => { try { return localStorage.getItem(off) === "1"; } catch { return false; } };

  function walk(step) {
    const all = rows();
    const next = all[Math.min(Math.max(all.indexOf(row()) + step, 0), all.length - 1)];
    link(next)?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  // turn shows the next of what is open, or else the next page.
  function turn(step) {
    if (!find("#side .detail")) return find(step > 0 ? "[rel=next]" : "[rel=prev]")?.click();
    const all = rows();
    const open = all.findIndex((one) => one.dataset.href === location.pathname);
    if (open >= 0) link(all[open + step])?.click();
  }

  // press does what a click does; what a summary opens is typed into at once.
  function press(own) {
    own.click();
    if (own.matches("summary")) own.parentElement.querySelector("textarea, input:not([type=hidden]), .menu-item")?.focus();
  }

  function help() {
    const dialog = find("#keys");
    for (const line of dialog.querySelectorAll("[data-works]")) line.hidden = !find(line.dataset.works);
    dialog.querySelector("[data-single-keys]").checked = !turnedOff();
    dialog.showModal();
  }

  const palette = () => find("[data-palette]")?.click();
  const keys = {
    j: () => walk(1),
    k: () => walk(-1),
    x: () => row()?.querySelector("input[type=checkbox]")?.click(),
    r: () => find("#tickets-message")?.focus(),
    f: () => find("[data-search]")?.focus(),
    b: () => find("[data-bulk]:not([hidden]) .bulk-do button")?.focus(),
    g: (event) => { gone = event.timeStamp; },
    "[": () => turn(-1),
    "]": () => turn(1),
    "/": palette,
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    const third = event.getModifierState("AltGraph"); // how many keyboards write [ and ]
    if (event.isComposing || event.defaultPrevented || event.altKey && !third) return;
    if ((event.ctrlKey || event.metaKey) && !third) {
      if (event.key.toLowerCase() !== "k" || event.shiftKey || find("dialog[open]:not(#palette)")) return;
      event.preventDefault();
      palette();
      return;
    }
    if (find("dialog[open]") || !typing.allows(event) || turnedOff() && event.key !== "?") return;
    const page = event.timeStamp - gone < 1500 && gone && pages[event.key];
    gone = 0;
    const own = /^[a-z]$/.test(event.key) && find(`[data-key="${event.key}"]`); // a button of the page that has a key
    if (own && event.repeat) return; // a key that is held down presses a button once
    const act = page ? () => find(`.nav-item[href="${page}"]`)?.click() : keys[event.key] ?? (own && (() => press(own)));
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  // Esc closes the dialog and nothing behind it.
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && find("dialog[open]")) event.stopPropagation(); }, true);

  document.addEventListener("click", (event) => {
    if (event.target.matches("dialog[open]")) event.target.close(); // outside of what it holds
    if (event.target.closest("[data-keys]")) help();
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-single-keys]")) return;
    try { localStorage.setItem(off, event.target.checked ? "0" : "1"); } catch { /* kept for this page only where nothing may be stored */ }
  });
})();
