// HTML saves nothing before a form is sent. This saves a reply while somebody writes it, apart from htmx: no swap, refresh or closed panel ends the
// pause or the request. The text also stays in this tab until the server has it.
(() => {
  const pause = 600; // milliseconds after the last key
  const again = 5000; // milliseconds until a failed save is tried again
  const mostAlive = 50_000; // bytes; a browser refuses more in a request that outlives its page
  const drafts = new Map(); // by address: { text, key, timer, busy, held }, held while its reply is being sent
  const name = (url) => `draft ${staff.key(url)}`; // another person who logs in in this tab has drafts of their own
  const box = () => document.querySelector("[data-compose] textarea");

  const store = (url, text) => { try { sessionStorage.setItem(name(url), text); } catch { /* then only the server keeps it */ } };
  const forget = (url) => { try { sessionStorage.removeItem(name(url)); } catch { /* as above */ } };
  const stored = (url) => { try { return sessionStorage.getItem(name(url)); } catch { return null; } };

  function say(url, words) {
    const area = box();
    if (area?.dataset.draft === url) area.form.querySelector("[data-draft-state]").textContent = words;
  }

  function later(url, wait) {
    const draft = drafts.get(url);
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => save(url), wait);
  }

  async function save(url) {
    const draft = drafts.get(url);
    clearTimeout(draft.timer);
    draft.timer = null;
    if (draft.held) return;
    if (draft.busy) return later(url, pause); // one after the other, or an older text could arrive last
    const { text } = draft;
    draft.busy = true;
    const answer = await send(url).catch(() => null);
    draft.busy = false;
    if (draft.text !== text || draft.held) return;
    if (answer?.status === 204) {
      forget(url);
      return say(url, "Draft saved");
    }
    say(url, answer?.status === 401 ? "Draft not saved. Log in again; this tab keeps your text." : "Draft not saved. This tab keeps your text and tries again.");
    if (!answer || answer.status >= 500) later(url, again);
  }

  function send(url) {
    const { text, key } = drafts.get(url);
    const body = new URLSearchParams({ message: text, key });
    return fetch(url, { method: "POST", body, headers: { "HX-Request": "true", ...staff.headers }, keepalive: String(body).length < mostAlive });
  }

  // leave sends at once all that waits: the page may be gone in a moment.
  function leave() {
    for (const [url, draft] of drafts) {
      if (!draft.timer || draft.held) continue;
      if (!draft.busy) save(url);
      else send(url).catch(() => {}); // sessionStorage has the text as well
    }
  }

  // restore brings back a text that did not reach the server, as when the session had ended.
  function restore() {
    const area = box();
    if (!area || area.dataset.restored) return;
    area.dataset.restored = "1";
    const text = stored(area.dataset.draft);
    if (text === area.value) forget(area.dataset.draft);
    if (text === null || text === area.value) return;
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", (event) => {
    const area = event.target.closest?.("[data-compose] textarea");
    if (!area) return;
    const url = area.dataset.draft;
    const draft = drafts.get(url) ?? {};
    drafts.set(url, Object.assign(draft, { text: area.value, key: area.form.elements.key.value }));
    store(url, draft.text);
    say(url, "");
    later(url, pause);
  });

  // The reply takes its draft with it, and a save that comes late must not bring it back.
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.detail.ctx.sourceElement;
    const draft = form.matches?.("[data-compose]") && drafts.get(form.elements.message.dataset.draft);
    if (draft) draft.held = true;
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (!ctx.sourceElement.matches?.("[data-compose]") || ctx.response.status >= 300) return;
    const url = ctx.sourceElement.elements.message.dataset.draft;
    clearTimeout(drafts.get(url)?.timer);
    drafts.delete(url);
    forget(url);
  });

  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.detail.ctx.sourceElement;
    const url = form.matches?.("[data-compose]") && form.elements.message.dataset.draft;
    if (!drafts.get(url)?.held) return;
    drafts.get(url).held = false; // the reply was not taken
    later(url, pause);
  });

  // Words that were typed while a reply was being sent stay in its box.
  const typedSince = new WeakMap(); // by request
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (!ctx?.sourceElement?.matches?.("[data-compose]") || !box()) return;
    const sent = ctx.request.body.get("message");
    const { value } = box();
    if (value !== sent) typedSince.set(ctx, ctx.response.status < 300 && value.startsWith(sent) ? value.slice(sent.length).trimStart() : value);
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const text = typedSince.get(event.detail.ctx);
    if (text !== undefined && box()) {
      box().value = text;
      box().dispatchEvent(new Event("input", { bubbles: true }));
    }
    restore();
  });

  document.addEventListener("DOMContentLoaded", restore);
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  window.addEventListener("pagehide", leave);
})();
