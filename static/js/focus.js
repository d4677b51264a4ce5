// HTML drops the focus to the start of the page when a swap takes away what had it, or a menu closes around it: this closes a menu once something in it
// was chosen, and hands the focus on to what goes on for what went.
(() => {
  const befores = new WeakMap(); // by request: what had the focus before its swap, in the list or in a detail, and which detail was open
  const there = (el) => el?.isConnected && el.checkVisibility();
  const find = (css) => document.querySelector(css);
  const shown = () => find("#side .detail") ?? find(".main > .detail");
  const frame = (home) => (home === "detail" && shown()?.querySelector("h2")) || find(".table-frame");

  // heir is the button as it is now, the menu that it was in, the text that one writes, or the list or the title of what is open. After a request
  // that no person started it is only the last: a key that a person presses just then must neither press a button nor write into a box.
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
