package handlers

import (
	"net/url"
	"testing"

	"masterpanel/jobs"
	"masterpanel/models"
)

// calls replaces notifications and sounds and counts them in window.shown and window.rung.
const calls = `(window.shown = [], window.rung = 0,
	window.Notification = class { static permission = "granted"; constructor(words) { window.shown.push(words); } addEventListener() {} },
	window.AudioContext = class {
		state = "running"; currentTime = 0; destination = null;
		resume() { return Promise.resolve(); }
		createOscillator() { return { frequency: {}, connect: (to) => to, start() { window.rung++; }, stop() {} }; }
		createGain() { return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (to) => to }; }
	})`

func TestInABrowserTheTitleFollowsWhoWaitsAndAHiddenTabCallsAndAsksForNothingElse(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	s.post("/account/alerts", url.Values{"sound": {"1"}, "notify": {"1"}}).expect(t, 303)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.until(`document.title === "Orders · Masterpanel"`)
	b.run(calls)
	b.click("h1") // a browser lets a page play sound only after the user touched it
	b.run(`(window.asked = 0, window.probe = document.createElement("i"), probe.dataset.refresh = "1", document.body.append(probe),
		probe.addEventListener("mp:refresh", () => { window.asked++; }))`)
	b.until(`window.asked > 0`)
	waits := func(id int64) {
		s.asks(panel.ID, id, "anna", "pending", "please refill")
		if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Tickets)); err != nil {
			t.Fatal(err)
		}
	}
	const ask = `document.querySelector("[data-waiting]").dispatchEvent(new CustomEvent("mp:refresh")), `
	waits(1)
	b.until(ask + `document.title === "(1) Orders · Masterpanel"`)
	b.until(`window.shown.length === 0 && window.rung === 0`) // the page is visible, so it stays quiet

	b.run(`Object.defineProperty(document, "hidden", { configurable: true, get: () => true }), window.asked = 0, localStorage.removeItem("alerted"),
		window.seconds = 0, setInterval(() => { window.seconds++; }, 1000)`)
	waits(2)
	b.until(ask + `document.title === "(2) Orders · Masterpanel"`)
	b.until(`localStorage.getItem("alerted") !== null && window.shown.join() === "2 tickets wait" && window.rung === 2`) // two tones
	b.run(`localStorage.removeItem("alerted")`)
	b.until(ask + `document.querySelector("[data-waiting]").dataset.waiting === "2" && localStorage.getItem("alerted") === null`)

	s.post("/account/alerts", url.Values{"sound": {"1"}, "notify": {"1"}, "muted": {pathID(panel.ID)}}).expect(t, 303)
	b.until(ask + `document.querySelector("[data-waiting]").dataset.loud === "0"`)
	waits(3)
	b.until(ask + `document.title === "(3) Orders · Masterpanel"`)
	b.until(`window.shown.length === 1 && window.rung === 2 && localStorage.getItem("alerted") === null`)
	b.until(`window.seconds > 2 && window.asked === 0`)
	b.run(`Object.defineProperty(document, "hidden", { configurable: true, get: () => false }), document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`window.asked > 0`)
}

func TestInABrowserTheNumbersBesideNamesFollowInEveryMenu(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.until(`document.querySelectorAll("[data-badge]").length === 6 && document.querySelectorAll("[data-badge] .count").length === 0`)
	doubted(t, s, panel.ID)
	s.talk(panel, "pending", models.TicketMessage{Sender: "anna", Body: "please refill"})
	if err := s.versions.Bump(t.Context(), jobs.ResourceVersion(panel.ID, models.Tickets), jobs.OutboxVersion(panel.ID)); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("#shell-badges").dispatchEvent(new CustomEvent("mp:refresh")), document.querySelectorAll("[data-badge] .count").length === 4 &&
		document.querySelector(".nav-menu [data-badge=outbox]").textContent.includes("1 action needs review") &&
		document.querySelector(".nav-menu [data-badge=tickets]").textContent.includes("1 ticket needs a reply")`)
}
