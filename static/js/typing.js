// HTML cannot tell a word from a command. This alone decides it: it knows which boxes take text and when somebody last typed. It also tells the
// requests that a page makes without a person; those must leave the focus and every typed word alone.
const typing = (() => {
  const quiet = 1000; // milliseconds without text before a single key is a command
  const boxes = "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=image], [type=hidden]), textarea, select, " +
    "[contenteditable]:not([contenteditable=false]), [role=textbox], [role=searchbox], iframe, object, embed";
  const begun = ["click", "submit", "change", "keydown"]; // the events by which a person starts a request
  const typed = new WeakSet(); // boxes with text that no form has sent
  let last = -Infinity; // the time of the last text, on the clock of events
  let framed = false; // the focus was in another page inside this one, whose keys are not seen here

  // A closed shadow root hides its boxes, so an element of that kind counts as one.
  const isBox = (el) => Boolean(el?.closest?.(boxes) || el?.isContentEditable || el?.localName?.includes("-") && !el.shadowRoot);
  // A dialog that has just closed keeps the focus inside for a moment, and a person does not type into a hidden box.
  const inBox = (el) => isBox(el) && el.checkVisibility?.() !== false;

  function focused() {
    let el = document.activeElement;
    while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
    return el;
  }

  // allows tells whether a key may be a command. Letters that go nowhere count as text too, so that a person who writes on after the focus went
  // commands nothing.
  function allows(event) {
    if (event.isComposing || event.key === "Process" || document.designMode === "on") return false;
    if (inBox(event.composedPath()[0]) || inBox(focused())) return false;
    if (framed && event.key.length === 1) [framed, last] = [false, event.timeStamp];
    if (event.timeStamp - last >= quiet) return true;
    if (event.key.length === 1) last = event.timeStamp;
    return false;
  }

  function note(event) {
    const [target] = event.composedPath();
    if (!event.isTrusted || !isBox(target)) return;
    if (event.type === "keydown" && (event.key.length !== 1 || !inBox(target))) return;
    last = event.timeStamp;
    if (event.type === "input") typed.add(target);
  }

  for (const kind of ["keydown", "beforeinput", "input", "compositionstart", "compositionupdate", "compositionend", "paste", "drop"]) window.addEventListener(kind, note, true);

  window.addEventListener("blur", () => { framed ||= Boolean(document.activeElement?.matches("iframe, object, embed")); });

  // kept tells whether a box holds words that only this page has.
  const kept = (box) => typed.has(box) && Boolean(box.value);

  return {
    boxes, allows, kept, focused,
    busy: () => inBox(focused()) && performance.now() - last < quiet,
    sent: (form) => { for (const box of form.elements) typed.delete(box); },
    anyKept: () => [...document.querySelectorAll(boxes)].some(kept),
    background: (ctx) => Boolean(ctx?.sourceEvent?.type) && !begun.includes(ctx.sourceEvent.type),
  };
})();
