package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

const signs = "Please replace <your link> with the real one.\nSecond line & more < 5"

// says sends a reply, works until it was read back, and returns its text on the panel.
func (o *office) says(text string) string {
	o.Helper()
	t, _ := o.at.Ticket(o.ticket)
	before := len(t.Messages)
	a := o.reply(text)
	for range 30 {
		o.clock.turn(10 * time.Second)
		o.step()
	}
	t, _ = o.at.Ticket(o.ticket)
	if got := o.now(a); got.State != models.ActionDone || len(got.Found) != 1 || len(t.Messages) != before+1 {
		o.Fatalf("%q is %s (%s), found %v, and made %d messages", text, got.State, got.Words, got.Found, len(t.Messages)-before)
	}
	return t.Messages[before].HTML
}

func (o *office) markup() string {
	o.Helper()
	return o.text("SELECT reply_markup FROM panels WHERE id = $1", o.at.id)
}

func TestRepliesToAPanelThatKeepsHTMLAreEscapedOnceOneWasReadBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.says("Hello, it is on its way.")
	if got := o.markup(); got != "" {
		t.Errorf("a reply without < and & teaches %q", got)
	}
	if got := o.says(signs); got != signs {
		t.Errorf("the first was sent as %q", got)
	}
	if got := o.markup(); got != "html" {
		t.Fatalf("the read-back teaches %q, want html", got)
	}
	const escaped = "Please replace &lt;your link&gt; with the real one.\nSecond line &amp; more &lt; 5"
	if got := o.says(signs); got != escaped {
		t.Errorf("the same again was sent as %q", got)
	}
	o.at.Fail(sim.Fault{Kind: sim.ApplyThenDrop, Method: "POST", Count: 1})
	if got := o.says("1 < 2"); got != "1 &lt; 2" {
		t.Errorf("one whose answer was lost was sent as %q", got)
	}
	if got := o.says("No sign > here"); got != "No sign > here" {
		t.Errorf("one without < and & was sent as %q", got)
	}
	a := o.open("About it", signs)
	o.work()
	if got := o.now(a); got.State != models.ActionDone || o.opened("About it", escaped) != 1 {
		t.Errorf("a new ticket is %s (%s), %d are escaped", got.State, got.Words, o.opened("About it", escaped))
	}
	o.at.SetVariants(sim.Variants{EscapeReplies: true}) // after an update of the panel
	o.says(signs)
	if got := o.markup(); got != "text" {
		t.Errorf("a reply that came back escaped twice teaches %q", got)
	}
}

func TestRepliesToAPanelThatEscapesThemAreSentAsTyped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.at.SetVariants(sim.Variants{EscapeReplies: true})
	o.sync()
	for range 2 {
		if got, want := o.says(signs), "Please replace &lt;your link&gt; with the real one.\nSecond line &amp; more &lt; 5"; got != want {
			t.Errorf("the panel keeps %q", got)
		}
		if got := o.markup(); got != "text" {
			t.Errorf("the read-back teaches %q, want text", got)
		}
	}
}
