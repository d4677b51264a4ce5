package handlers

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press sends keys to the focused element, each as one event like a keyboard. So a key types nothing if the page
// prevents its default action.
func (b *browser) press(keys ...rune) {
	b.t.Helper()
	for _, key := range keys {
		b.do(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
			events := kb.Encode(key)
			down, up := *events[0], *events[len(events)-1]
			if len(events) == 3 {
				down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
			}
			for _, event := range []input.DispatchKeyEventParams{down, up} {
				if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, event); err != nil {
					return none, err
				}
			}
			return none, nil
		})
	}
}

// palette opens the palette with its shortcut.
func (b *browser) palette() {
	b.t.Helper()
	b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(`document.querySelector("#palette").open && document.activeElement.id === "palette-q"`)
}

func TestInABrowserThePaletteOpensWhatIsTypedBesideTheList(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.do(chromedp.Evaluate[chromedp.Void](`void (window.unloaded = false)`))
	b.palette()
	b.until(`document.querySelector("#palette-results [data-option][aria-selected=true]") !== null`)
	b.press('2', '\r') // Enter waits for the results
	b.until(fmt.Sprintf(`!document.querySelector("#palette").open && location.pathname === "/orders/%d/2" && document.querySelector("#side #orders-detail") !== null`, panel.ID))
	b.until(`window.unloaded === false && document.querySelector("#orders-list tr[aria-selected]").dataset.id === "2"`)
	if got := fmt.Sprint(s.searches()); got != "[2]" {
		t.Errorf("the activity log has the searches %s, want [2]", got)
	}
	b.do(chromedp.NavigateBack())
	b.until(`location.pathname === "/orders" && !document.querySelector("#orders-detail") && window.unloaded === false`)
}

func TestInABrowserThePaletteIsWalkedByKeysAndGivesTheFocusBack(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.press('j', '/')
	b.do(chromedp.WaitVisible(chromedp.CSS("#palette")))
	b.press('a', 'n', 'n', 'a')
	b.until(`document.querySelectorAll("#palette-results [data-option][data-hit]").length === 4`)
	b.until(`document.querySelector("#palette-q").getAttribute("aria-activedescendant") === "palette-option-0"`)
	b.press('\u0301', '\u0301') // down, down
	b.until(fmt.Sprintf(`document.querySelector("#palette-results [aria-selected=true]").getAttribute("href") === "/orders/%d/1"`, panel.ID))
	b.press('\u0304') // up
	b.until(`document.querySelector("#palette-q").getAttribute("aria-activedescendant") === "palette-option-1"`)
	b.press('\x1b')
	b.until(`!document.querySelector("#palette").open && document.activeElement.closest("tr")?.dataset.id === "3"`)
	b.palette()
	b.until(`document.querySelector("#palette-q").selectionEnd === 4`)
	b.press('d', 'a', 'r', 'k', '\r')
	b.do(chromedp.WaitVisible(chromedp.CSS("[data-theme=dark] #orders-list")))
	b.until(`document.documentElement.dataset.theme === "dark" && location.pathname === "/orders"`)
}

func TestInABrowserKeysWalkListsAndGoToPages(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 60)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.press('g', 'o')
	b.do(chromedp.WaitVisible(chromedp.CSS("#orders-list")))
	b.until(`location.pathname === "/orders" && document.querySelectorAll("#orders-list tbody tr").length === 50`)
	b.press('j', 'j', 'k', 'j', '\r')
	b.until(fmt.Sprintf(`location.pathname === "/orders/%d/59" && document.querySelector("#side .detail") !== null`, panel.ID))
	b.press(']')
	b.until(fmt.Sprintf(`location.pathname === "/orders/%d/58"`, panel.ID))
	b.press('[')
	b.until(fmt.Sprintf(`location.pathname === "/orders/%d/59" && document.querySelector("#side .detail").dataset.row.endsWith("-59")`, panel.ID))
	b.press('?')
	b.until(`document.querySelector("#keys").open && [...document.querySelectorAll("#keys-title")].length === 1`)
	b.until(`!document.querySelector("#keys [data-works='#side .detail']").hidden && !document.querySelector("#keys [data-works*=checkbox]").hidden`)
	b.press('g', 't', '\x1b') // shortcuts are off behind a dialog, and Esc closes only the dialog
	b.until(`!document.querySelector("#keys").open && document.querySelector("#side .detail") !== null`)
	b.press('\x1b')
	b.until(`location.pathname === "/orders" && !document.querySelector("#side .detail")`)
	b.press(']')
	b.until(`location.search.includes("after=") && document.querySelectorAll("#orders-list tbody tr").length === 10`)
	b.press('f', 'g', 'u')
	b.until(`document.querySelector("#orders-q").value === "gu"`) // in an input, keys are letters
}

func TestInABrowserSingleKeysCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.press('?')
	b.do(chromedp.WaitVisible(chromedp.CSS("#keys")))
	b.click("[data-single-keys]")
	b.press('\x1b')
	b.open("/orders")
	b.press('g', 't', 'j')
	b.palette() // speech input never types a key with Ctrl
	b.press('\x1b')
	b.until(`!document.querySelector("#palette").open`)
	b.press('?')
	b.until(`location.pathname === "/orders" && document.querySelector("#keys").open && !document.querySelector("[data-single-keys]").checked`)
}
