// HTML cannot rename a tab nor ring: this keeps in the title how many tickets wait, and when more wait than before while nobody looks, it plays a
// sound and shows a notification to those who turned that on. A hidden tab asks for nothing but this number, and seldom.
(() => {
  const badge = () => document.querySelector("[data-waiting]");
  const hiddenPause = 30_000;
  let loud = null; // how many waited at the last look, without those of muted panels
  let audio = null; // a browser lets a page be heard only after somebody touched it

  function rename(number) {
    const bare = document.title.replace(/^\([\d,]+\) /, "");
    const title = number ? `(${number}) ${bare}` : bare;
    if (title !== document.title) document.title = title;
  }

  function wake() {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
  }

  function note(pitch, at) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.25);
  }

  function ring() {
    if (audio?.state !== "running") return;
    note(660, audio.currentTime);
    note(880, audio.currentTime + 0.15);
  }

  // first tells whether no other tab of this browser called a moment ago.
  function first() {
    try {
      const last = Number(localStorage.getItem("alerted"));
      if (Math.abs(Date.now() - last) < hiddenPause / 2) return false;
      localStorage.setItem("alerted", Date.now());
    } catch { /* where nothing may be stored each tab calls */ }
    return true;
  }

  function notify(count) {
    if (globalThis.Notification?.permission !== "granted") return;
    const shown = new Notification(count === 1 ? "A ticket waits" : `${count.toLocaleString("en")} tickets wait`, { tag: "waiting" });
    shown.addEventListener("click", () => { window.focus(); shown.close(); });
  }

  function look() {
    const now = badge();
    if (!now) return;
    rename(now.dataset.waiting);
    const count = Number(now.dataset.loud);
    const rose = loud !== null && count > loud;
    loud = count;
    const { sound, notify: shows } = now.dataset;
    if (!rose || !document.hidden || sound === undefined && shows === undefined || !first()) return;
    if (sound !== undefined) ring();
    if (shows !== undefined) notify(count);
  }

  // allowed says beside the form whether the browser shows notifications.
  function allowed() {
    const state = document.querySelector("[data-notify-state]");
    if (!state) return;
    if (!globalThis.Notification) state.textContent = "This browser shows no notifications here; they need https.";
    else if (Notification.permission === "denied") state.textContent = "This browser blocks notifications of this site. Allow them in its settings.";
    else state.textContent = "";
  }

  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { if (badge()?.dataset.sound !== undefined) wake(); }, { passive: true });
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-sound-try]")) return;
    wake();
    audio.resume().then(ring);
  });

  document.addEventListener("change", async (event) => {
    const box = event.target;
    if (!box.matches("[data-notify-ask]") || !box.checked) return;
    if (!globalThis.Notification || await Notification.requestPermission() !== "granted") box.checked = false;
    allowed();
  });

  setInterval(() => { if (document.hidden) badge()?.dispatchEvent(new CustomEvent("mp:refresh")); }, hiddenPause);
  document.addEventListener("DOMContentLoaded", () => { look(); allowed(); });
  document.addEventListener("htmx:after:swap", look);
})();
