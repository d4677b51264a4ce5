// HTML sends no form on Ctrl+Enter and inserts nothing at the cursor: this does. It also opens the card of an order from its number, and a ticket
// at its first unanswered message.
(() => {
  const text = () => document.querySelector("[data-compose] textarea");
  let opened = null; // the ticket that was opened at its place already

  function open() {
    const ticket = document.getElementById("tickets-detail");
    if (!ticket || opened === ticket.dataset.row) return;
    opened = ticket.dataset.row;
    const at = ticket.querySelector("[data-open-at]") ?? ticket.querySelector(".talk .message:last-child");
    at?.scrollIntoView({ block: "start" });
  }

  function arrive() {
    if (!document.getElementById("tickets-detail")) opened = null;
    open();
  }

  function insert(words) {
    const area = text();
    if (!area) return;
    area.focus();
    const before = area.value.slice(0, area.selectionStart);
    const from = area.selectionStart;
    const after = area.value.slice(area.selectionEnd);
    area.setRangeText((before && !/\s$/.test(before) ? "\n" : "") + words + (after && !/^\s/.test(after) ? "\n" : ""), from, area.selectionEnd, "end");
    const asked = /\{[a-z_]+\}/.exec(area.value.slice(from)); // a variable that nothing is known of: it is typed over
    if (asked) area.setSelectionRange(from + asked.index, from + asked.index + asked[0].length);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const picker = () => document.getElementById("tickets-canned");

  function pick() {
    picker().open = true;
    const search = picker().querySelector("input");
    search.value = "";
    search.dispatchEvent(new CustomEvent("mp:open"));
    search.focus();
  }

  function macro(option) {
    const form = document.getElementById("tickets-reply");
    form.elements.macro.value = option?.dataset.macro ?? "";
    form.elements.macro_order.value = option?.dataset.macroOrder ?? "";
    form.querySelector("[data-macro-words]").textContent = option?.dataset.then ?? "";
    form.querySelector("[data-macro-state]").hidden = !option?.dataset.macro;
    form.querySelector(".compose-order").hidden = !option?.dataset.then?.includes("order:");
  }

  // walk moves through the results of the picker. Esc leaves it, and a second / is a plain one.
  function walk(event) {
    const options = [...picker().querySelectorAll("[data-canned]")];
    const at = options.indexOf(document.activeElement);
    const search = picker().querySelector("input");
    if (event.key === "ArrowDown") (options[at + 1] ?? options[0])?.focus();
    else if (event.key === "ArrowUp") (options[at - 1] ?? search).focus();
    else if (event.key === "Enter" && at < 0) options[0]?.click();
    else if (event.key === "Escape" || event.key === "/" && document.activeElement === search && !search.value) {
      picker().open = false;
      if (event.key === "/") insert("/");
      else text().focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("toggle", (event) => { if (event.target.id === "tickets-canned" && event.target.open && document.activeElement?.closest("summary")) pick(); }, true);

  document.addEventListener("keydown", (event) => {
    if (event.target.closest?.("#tickets-canned")) return walk(event);
    const area = event.target.closest?.("[data-compose] textarea");
    if (area && event.key === "/" && !event.ctrlKey && !event.metaKey && !event.isComposing && /(^|\s)$/.test(area.value.slice(0, area.selectionStart))) {
      event.preventDefault();
      return pick();
    }
    if (area && event.key === "Escape" && !event.isComposing) return area.closest(".detail").querySelector("h2").focus({ preventScroll: true });
    if (!area || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    area.form.requestSubmit(area.form.querySelector("[data-send]"));
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-macro-drop]")) return macro(null);
    const from = event.target.closest("[data-insert]");
    if (from) {
      if (from.matches("[data-canned]")) {
        picker().open = false;
        macro(from);
      }
      return insert(from.dataset.insert);
    }
    const key = event.target.closest("[data-order]")?.dataset.order;
    const card = key && document.querySelector(`[data-order-card="${CSS.escape(key)}"]`);
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    card.open = true;
    card.scrollIntoView({ block: "nearest" });
    card.querySelector("summary").focus({ preventScroll: true });
  }, true);

  document.addEventListener("htmx:after:swap", (event) => {
    if (!event.detail.ctx?.sourceElement?.matches?.("[data-compose]")) return;
    setTimeout(() => document.querySelector("#tickets-outgoing > :last-child")?.scrollIntoView({ block: "nearest" }), 50); // its own swap comes after
  });

  document.addEventListener("DOMContentLoaded", arrive);
  document.addEventListener("htmx:after:swap", arrive);
})();
