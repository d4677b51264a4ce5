// HTML has no clock: this writes a <time data-rel> as "4 min ago", or as "4 min" where it is an age, keeps it true, and leaves the absolute time on hover.
// What waits takes the colour of long and of too long when its time has come, though nothing else of it changed.
// The page says when the server wrote it: a computer whose clock is wrong shows the same ages as its neighbour.
(() => {
  const steps = [[60, "second"], [3600, "minute"], [86400, "hour"], [2592000, "day"], [31536000, "month"], [Infinity, "year"]];
  const sizes = { second: 1, minute: 60, hour: 3600, day: 86400, month: 2592000, year: 31536000 };
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });

  const served = Date.parse(document.querySelector("meta[name=served-at]").content);
  const skew = served - performance.timeOrigin - performance.getEntriesByType("navigation")[0].responseStart;
  const now = () => Date.now() + skew;

  function relative(then) {
    const seconds = Math.round((then - now()) / 1000);
    const age = Math.abs(seconds);
    if (age < 5) return "just now";
    const [, unit] = steps.find(([limit]) => age < limit);
    return words.format(Math.trunc(seconds / sizes[unit]), unit);
  }

  function write(root) {
    for (const el of root.querySelectorAll("time[data-rel]")) {
      const text = relative(Date.parse(el.dateTime)).replace(el.dataset.rel ? " ago" : "", "");
      if (el.textContent !== text) el.textContent = text;
    }
  }

  function colour(root) {
    for (const el of root.querySelectorAll("[data-warm-at]")) {
      const hot = now() >= Date.parse(el.dataset.hotAt);
      el.classList.toggle("heat-hot", hot);
      el.classList.toggle("heat-warm", !hot && now() >= Date.parse(el.dataset.warmAt));
    }
  }

  const all = () => { write(document); colour(document); };
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:after:swap", all);
  setInterval(all, 5000);
})();
