// HTML drops the focus to the start of the page when a swap takes away what had it, or a menu closes around it: this closes a menu once something in it
// was chosen, and hands the focus on to what goes on for what went.
(() => {
  let had = null; // what had the focus before the swap
  let home = null; // whether it stood in the list or in a detail
  let was = null; // which ticket, or other detail, was open then

  const there = (el) => el?.isConnected && el.checkVisibility();
  const find = (css) => document.querySelector(css);
  const shown = () => find("#side .detail") ?? find(".main > .detail");

  // heir is the button as it is now, the menu that it was in, the text that one writes, or the list or the title of what is open.
  function heir(lost) {
    const key = lost.closest("[data-key]")?.dataset.key ?? lost.closest("details")?.querySelector("[data-key]")?.dataset.key;
    const menu = lost.closest("details.pop[id]")?.id;
    const all = [key && find(`[data-key="${key}"]`), menu && find(`#${CSS.escape(menu)} > summary`), lost.closest(".compose, .outgoing") && find("#tickets-message")];
    return all.find(there) ?? (home === "list" ? find(".table-frame") : shown()?.querySelector("h2"));
  }

  document.addEventListener("htmx:before:swap", () => {
    if (document.activeElement !== document.body) had = document.activeElement;
    home = had?.closest("[data-list-url]") ? "list" : "detail";
    was = shown()?.dataset.row;
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement, response } = event.detail.ctx ?? {};
    const menu = sourceElement?.closest?.("form.desk-pop, .action-menu")?.closest("details.pop");
    if (menu && response?.status === 200) menu.open = false;
    const lost = had;
    const now = shown()?.dataset.row;
    had = null;
    if (was && now && was !== now) shown().querySelector("h2").focus({ preventScroll: true }); // another one took its place
    else if (lost && !there(lost) && (document.activeElement === document.body || document.activeElement === lost)) heir(lost)?.focus({ preventScroll: true });
  });
})();
