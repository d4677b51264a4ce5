// HTML forgets a tick when its row goes: this keeps the selected rows over refreshes and pages, and gives them to the buttons of the bar. "All" is
// kept as a filter without the rows that were unticked, single rows by panel-id. Shift ticks a range.
(() => {
  const list = () => document.querySelector("[data-selection]");
  const find = (css) => list()?.querySelector(css);
  const boxes = () => [...list().querySelectorAll("[data-pick]")];
  const rowOf = (box) => box.closest("tr");
  const keyOf = (box) => `${rowOf(box).dataset.panel}-${rowOf(box).dataset.id}`;
  const kept = () => `selection ${staff.key(list().dataset.selectionScope)}`;
  const say = (words) => { document.getElementById("status").textContent = words; };
  let scope = null; // of what is chosen
  let all = false;
  let rows = new Set(); // the chosen ones, or of all those that are not
  let last = null; // the row that was ticked last, where a range begins
  let shift = false;

  const chosen = (key) => rows.has(key) !== all;

  function load() {
    if (scope === kept()) return;
    scope = kept();
    [all, rows, last] = [false, new Set(), null];
    try {
      const found = JSON.parse(sessionStorage.getItem(scope));
      if (found) [all, rows] = [found.all === true, new Set(found.rows)];
    } catch { /* kept for this page only where nothing may be stored */ }
  }

  function store() {
    try {
      if (all || rows.size) sessionStorage.setItem(scope, JSON.stringify({ all, rows: [...rows] }));
      else sessionStorage.removeItem(scope);
    } catch { /* as above */ }
  }

  const words = () => !all ? `${rows.size.toLocaleString("en")} selected`
    : `All ${list().dataset.selectionAll} selected${rows.size ? ` but ${rows.size.toLocaleString("en")}` : ""}`;

  // show ticks the selected rows.
  function show() {
    if (!list()) return;
    load();
    const here = boxes();
    for (const box of here) {
      box.checked = chosen(keyOf(box));
      rowOf(box).toggleAttribute("data-picked", box.checked);
    }
    const ticked = here.filter((box) => box.checked).length;
    const page = find("[data-pick-page]");
    if (page) [page.checked, page.indeterminate] = [ticked > 0 && ticked === here.length, ticked > 0 && ticked < here.length];
    const bar = find("[data-bulk]");
    bar.hidden = !all && !rows.size;
    bar.querySelector("[data-bulk-count]").textContent = words();
    const more = bar.querySelector("[data-bulk-all]");
    more.hidden = all || ticked < here.length || !find("[rel=next], [rel=prev]");
    more.textContent = `Select all ${list().dataset.selectionAll}`;
  }

  function choose(some, on) {
    for (const box of some) rows[on === all ? "delete" : "add"](keyOf(box));
    store();
    show();
    say(words());
  }

  function clear() {
    [all, rows, last] = [false, new Set(), null];
    store();
    show();
    say("Nothing selected");
    find("[data-pick-page]")?.focus();
  }

  function chooseAll() {
    [all, rows] = [true, new Set()];
    store();
    show();
    say(words());
  }

  // params returns the parameters of the list that say which rows "all" are, or the order and panels of single rows.
  function params() {
    const of = new URLSearchParams(all ? list().dataset.selection : "");
    if (!all) for (const panel of new Set([...rows].map((key) => key.split("-")[0]))) of.append("panel", panel);
    if (list().dataset.selectionSort) of.set("sort", list().dataset.selectionSort);
    return of;
  }

  async function ask(what) {
    const body = params();
    body.set("what", what);
    body.set("ids", [...rows].join(","));
    if (all) body.set("all", "1");
    const answer = await fetch(`/${find("[data-bulk]").dataset.bulk}/selection`, { method: "POST", body, headers: staff.headers });
    if (answer.redirected) location.reload(); // to the login
    if (!answer.ok) throw new Error("Nothing was copied. Select the rows again, or reload the page.");
    return answer.json();
  }

  async function copy(button) {
    const label = button.textContent;
    button.disabled = true;
    try {
      const answer = ask(button.dataset.bulkCopy);
      const text = answer.then((found) => new Blob([found.text], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]); // asked for at once, while the click still counts
      const found = await answer;
      say(found.words);
      find("[data-bulk-count]").textContent = found.words;
    } catch (error) {
      find("[data-bulk-count]").textContent = error instanceof DOMException ? "The browser did not allow copying." : error.message;
      say(find("[data-bulk-count]").textContent);
    }
    button.disabled = false;
    button.textContent = label;
  }

  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, (event) => { shift = event.shiftKey; }, true);

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-pick-page]")) return choose(boxes(), box.checked);
    if (!box.matches("[data-pick]")) return;
    const here = boxes();
    const from = shift ? here.findIndex((other) => keyOf(other) === last) : -1;
    const to = here.indexOf(box);
    last = keyOf(box);
    choose(from < 0 ? [box] : here.slice(Math.min(from, to), Math.max(from, to) + 1), box.checked);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-bulk] button");
    if (!button) return;
    if (button.matches("[data-bulk-clear]")) clear();
    else if (button.matches("[data-bulk-all]")) chooseAll();
    else if (button.matches("[data-bulk-copy]")) copy(button);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-bulk-file]")) return;
    form.action = `${new URL(form.action).pathname}?${params()}`;
    form.elements.ids.value = [...rows].join(",");
    form.elements.all.value = all ? "1" : "";
  });

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:after:swap", show);
  window.addEventListener("pageshow", show);
})();
