// HTML moves the focus to the start of the page when a swap removes the focused element: this moves it to its replacement. It also closes a menu
// after a choice.
(() => {
  const befores = new WeakMap(); // by request: what had the focus before its swap, in the list or in a detail, and which detail was open
  const there = (el) => el?.isConnected && el.checkVisibility();
  const find = (css) => document.querySelector(css);
  const shown = () => find("#side .detail") ?? find(".main > .detail");
  const frame = (home) => (home === "detail" && shown()?.querySelector("h2")) || find(".table-frame");

  // heir returns the same button, its menu, the text box, or the list or title of the open page. After a background request it is only the
  // last, so that a key pressed at that moment neither presses a button nor writes into a box.
  function heir(lost, home, background) {
    if (background) return frame(home);
    const key = lost.closest("[data-key]")?.dataset.key ?? lost.closest("details")?.querySelector("[data-key]")?.dataset.key;
    const menu = lost.closest("details.pop[id]")?.id;
    const all = [key && find(`[data-key="${key}"]`), menu && find(`#${CSS.escape(menu)} > summary`), lost.closest(".compose, .outgoing") && find("#tickets-message")];
    return all.find(there) ?? frame(home);
  }

  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    const had = document.activeElement === document.body ? null : document.activeElement;
    if (ctx) befores.set(ctx, { had, home: had?.closest("[data-list-url]") ? "list" : "detail", was: shown()?.dataset.row });
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const { had: lost, home, was } = befores.get(ctx) ?? {};
    const background = typing.background(ctx);
    const menu = !background && ctx?.sourceElement?.closest?.("form.desk-pop, .action-menu")?.closest("details.pop");
    if (menu && ctx.response?.status === 200) menu.open = false;
    const now = shown()?.dataset.row;
    if (!background && was && now && was !== now && !typing.busy()) shown().querySelector("h2").focus({ preventScroll: true }); // another one took its place
    else if (lost && !there(lost) && (document.activeElement === document.body || document.activeElement === lost)) heir(lost, home, background)?.focus({ preventScroll: true });
  });
})();
