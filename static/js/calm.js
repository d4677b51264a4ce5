// A page that refreshes while somebody writes must not touch the words. HTML has no refresh and htmx replaces all that it is told to: this keeps
// boxes, focus and running pauses out of every request that no person started, and postpones a refresh that would remove a box in use.
(() => {
  const setUp = /^hx-(trigger|boost|ignore|on)/; // htmx reads these when it sets an element up, and all others when a request starts
  let api;
  let quiet = false; // no person started the request whose answer is put in now

  htmx.registerExtension("calm", {
    init(internal) { api = internal; },

    // A changed hx-* attribute makes htmx set up an element and all in it again, and a pause that runs in it would be forgotten, with what was
    // typed. So the attributes are taken over before htmx compares.
    htmx_before_morph_node(old, { newNode: now }) {
      for (const { name, value } of now.attributes ?? []) {
        if (name.startsWith("hx-") && !setUp.test(name) && old.hasAttribute(name)) old.setAttribute(name, value);
      }
      if (old._htmx && now.hasAttribute?.("hx-ptag")) old._htmx.ptag = now.getAttribute("hx-ptag");
      return !(quiet && old.matches?.(typing.boxes) && (typing.kept(old) || old.checkVisibility()));
    },
  });

  const inUse = (box) => box === typing.focused() || typing.kept(box);

  // stays tells whether a box is still there after a morph: htmx finds it by its id, or else the element that is skipped with all in it.
  function stays(box, target, fragment) {
    let skipped = Boolean(box.id);
    for (let el = box; target.contains(el); el = el.parentElement) {
      skipped ||= el.matches("[hx-morph-skip], [hx-morph-skip-children]");
      if (skipped && el.id) return Boolean(fragment.querySelector(`${el.localName}#${CSS.escape(el.id)}`));
    }
    return false;
  }

  function removes({ target, swapSpec, fragment }) {
    const place = typeof target === "string" ? document.querySelector(target) : target;
    if (!place || !/^(inner|outer|text|delete)/.test(swapSpec.style)) return false;
    const used = [...place.querySelectorAll(typing.boxes)].filter(inUse);
    return used.some((box) => !swapSpec.style.endsWith("Morph") || !stays(box, place, fragment));
  }

  // sent empties a form whose words the server has, where the answer leaves its boxes as they are.
  function sent(source) {
    const form = source?.closest?.("form");
    if (!form) return;
    typing.sent(form);
    if (!form.matches("[data-clear]")) return;
    form.reset();
    form.closest("details").open = false;
  }

  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    quiet = typing.background(ctx);
    if (!quiet) return void (ctx?.response?.status < 300 && sent(ctx.sourceElement));
    for (const { fragment } of tasks) for (const el of fragment.querySelectorAll("[autofocus]")) el.removeAttribute("autofocus");
    if (!tasks.some(removes)) return;
    event.preventDefault();
    api.htmxProp(ctx.sourceElement).ptag = ""; // the page does not show this answer, so the next poll asks for it again
  });

  // A poll of an ended session leads to the login page; words that only this page has would go with it.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (!ctx.hx?.redirect || !typing.background(ctx) || !typing.anyKept()) return;
    event.preventDefault();
    if (document.getElementById("session-ended")) return;
    const alert = document.getElementById("session-alert").content.firstElementChild.cloneNode(true);
    alert.id = "session-ended";
    alert.querySelector("a").href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    document.getElementById("alerts").append(alert);
  });
})();
