package jobs

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// newKey replaces the panel's key with a valid one, as staff would.
func (o *office) newKey() {
	o.Helper()
	p := must(o.db.ManagedPanel(o.Context(), o.owner, o.at.id))(o)
	in := models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, AdminAPIKey: "admin-key-of-" + p.Name}
	must(o.db.UpdatePanel(o.Context(), o.owner, o.at.id, in))(o)
}

// keyRefused reports whether the panel waits for a key.
func (o *office) keyRefused() bool {
	o.Helper()
	return o.count("SELECT count(*) FROM panels WHERE key_refused_at IS NOT NULL") > 0
}

func TestWhatMeetsARefusedKeyWaitsWithAllElseOnThePanelUntilTheKeyIsReplaced(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "GET"} { // refused in the answer to the write, and in the read before it
		o := newOffice(t)
		order := o.order(sim.InProgress)
		o.sync()
		o.clock.turn(5 * time.Second)
		all := []models.PanelAction{o.status(order, "completed"), o.reply("Hello"), o.pay("anna", "3")}
		o.clock.turn(5 * time.Second)
		o.at.Fail(sim.Fault{Kind: sim.Unauthorized, Method: method})
		if method == "GET" {
			all = all[:2] // a payment is sent without a read before it
		}
		o.step()
		for _, a := range all {
			o.want(method, a, models.ActionQueued, 0)
		}
		if !o.keyRefused() {
			t.Fatalf("%s: the panel does not wait for a key", method)
		}
		o.clock.turn(time.Hour)
		if n := o.step(); n != 0 {
			t.Errorf("%s: %d actions are worked on without a key", method, n)
		}
		must(o.db.CancelAction(t.Context(), o.owner, all[1].ID))(t)
		o.at.Heal()
		o.newKey()
		o.work()
		for i, a := range all {
			want := map[bool]models.ActionState{true: models.ActionCancelled, false: models.ActionDone}[i == 1]
			o.want(method+", with a new key", a, want, map[bool]int{false: 1}[i == 1])
		}
	}
}

func TestABatchThatMeetsARefusedKeyWaitsForAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	b := o.batch(models.KindCancel, models.ActionPayload{}, o.many(30, sim.InProgress)...)
	o.at.Fail(sim.Fault{Kind: sim.Unauthorized, Method: "POST"})
	o.clock.turn(time.Second)
	o.step()
	if got := o.tally(b); got != "30 waiting" || !o.keyRefused() {
		t.Errorf("got %s, the panel waits for a key: %t", got, o.keyRefused())
	}
	o.at.Heal()
	o.newKey()
	o.work()
	if got := o.tally(b); got != "30 done" {
		t.Errorf("with a new key: got %s", got)
	}
}

// forbidding puts a proxy in front of the panel that answers one HTTP method with 403.
func (o *office) forbidding(method string) {
	o.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			o.at.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"data":null,"error_message":"This key may not do that","error_code":403}`)
	}))
	o.Cleanup(front.Close)
	o.exec("UPDATE panels SET url = $1 WHERE id = $2", front.URL, o.at.id)
}

func TestACallThatIsForbiddenIsRefusedAndHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "GET"} {
		o := newOffice(t)
		order := o.order(sim.InProgress)
		o.sync()
		forbidden := o.status(order, "completed")
		o.forbidding(method)
		o.step()
		o.want(method, forbidden, models.ActionRefused, 0)
		if o.keyRefused() {
			t.Errorf("%s: the whole panel waits for a key", method)
		}
	}
}

func TestAPaymentThatWaitedADayForTheKeyAsksAPersonFirst(t *testing.T) {
	t.Parallel()
	for _, swept := range []bool{true, false} {
		o := newOffice(t)
		order := o.order(sim.InProgress)
		o.at.AddUser(sim.UserSpec{Username: "bela"})
		o.sync()
		o.exec("UPDATE panels SET key_refused_at = now()")
		old, other := o.pay("anna", "3"), o.status(order, "completed")
		o.clock.turn(23 * time.Hour)
		young := o.pay("bela", "4")
		o.clock.turn(90 * time.Minute)
		if swept {
			o.step()
		}
		o.newKey()
		o.work()
		o.want("a payment of 24.5 hours", old, models.ActionQueued, 0)
		o.want("one of 1.5 hours", young, models.ActionDone, 1)
		o.want("no payment", other, models.ActionDone, 1)
		if got := o.now(old); !got.AsksPerson() || !strings.Contains(got.Words, "24 hours") {
			t.Errorf("got %q, want that a person is asked", got.Words)
		}
		o.exec("UPDATE panels SET key_refused_at = now()")
		must(o.db.Decide(t.Context(), o.owner, old.ID, 0, models.SendAgain, "It is still wanted"))(t)
		o.step()
		o.newKey()
		o.work()
		o.want("after the decision", old, models.ActionDone, 1)
	}
}

func TestTheCauseOfADoubtStaysBesideWhatFollows(t *testing.T) {
	t.Parallel()
	for kind, cause := range map[sim.FaultKind]string{
		sim.TooManyRequests: "The panel asks for fewer calls (429)", sim.Redirect: "The panel's answer was not understood (302)",
		sim.HTML502: "The panel is not working (502)", sim.JSON500: "The panel is not working (500)",
	} {
		o := newOffice(t)
		o.sync()
		a := o.pay("anna", "3")
		o.at.Fail(sim.Fault{Kind: kind, Method: "POST", Count: 1})
		o.step()
		first := o.now(a)
		if !strings.HasPrefix(first.Cause, cause) || !strings.HasSuffix(first.Said(), "Masterpanel checks the panel for the result.") {
			t.Errorf("at first: got %q, want %q", first.Said(), cause)
		}
		o.work()
		if last := o.now(a); last.Cause != first.Cause || !strings.HasPrefix(last.Said(), cause) || last.Words == first.Words {
			t.Errorf("in the end: got %q, want it to begin with %q", last.Said(), cause)
		}
		must(o.db.Decide(t.Context(), o.owner, a.ID, 1, models.SendAgain, ""))(t)
		o.work()
		if done := o.now(a); done.State != models.ActionDone || done.Cause != "" {
			t.Errorf("after another attempt: got %s, %q", done.State, done.Said())
		}
	}
}
