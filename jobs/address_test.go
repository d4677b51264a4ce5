package jobs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// served serves a shop at an additional address.
func (o *office) served(h http.Handler) (url string) {
	o.Helper()
	server := httptest.NewServer(h)
	o.Cleanup(server.Close)
	return server.URL
}

// otherShop returns another shop, which has a customer with the same name and a ticket with the same id, and its key.
func (o *office) otherShop() (other *sim.Panel, key string) {
	o.Helper()
	key = "admin-key-of-beta"
	other = sim.New(sim.Options{Seed: 99, Name: "beta", AdminKey: key, Orders: 30, Rates: sim.Still(), RateLimit: -1})
	other.AddUser(sim.UserSpec{Username: "anna"})
	for range 30 {
		other.OpenTicket("anna", "Something else", "Hello")
	}
	return other, key
}

// moveTo changes the panel's address and key, as staff would who confirm that it is the same shop.
func (o *office) moveTo(url, key string) {
	o.Helper()
	p := must(o.db.ManagedPanel(o.Context(), o.owner, o.at.id))(o)
	in := models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: url, AdminAPIKey: key, ServicesAPIKey: "-", Shop: models.SameShop}
	must(o.db.UpdatePanel(o.Context(), o.owner, o.at.id, in))(o)
}

// written counts the writes that a shop received.
func written(p *sim.Panel) (n int) {
	for _, call := range p.Calls() {
		if call.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// wantAsked checks that an action asks a person and that its text names an address.
func (o *office) wantAsked(a models.PanelAction, address string) {
	o.Helper()
	if got := o.now(a); !got.AsksPerson() || !strings.Contains(got.Words, address) {
		o.Errorf("%s %d is %s and asks a person: %t (%s), want it to, with %s", a.Kind, a.ID, got.State, got.AsksPerson(), got.Said(), address)
	}
}

// waiting pauses the panel with one action of each relevant kind. The last one was sent and got no answer. No action
// waits on the order spare.
func (o *office) waiting() (all []models.PanelAction, spare int64) {
	o.Helper()
	order, spare := o.order(sim.InProgress), o.cancellable(sim.InProgress)
	o.at.AddUser(sim.UserSpec{Username: "bela"})
	o.sync()
	lost := o.pay("bela", "7")
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	o.step()
	o.want("lost", lost, models.ActionUnconfirmed, 0)
	if err := o.db.PausePanel(o.Context(), o.owner, o.at.id); err != nil {
		o.Fatal(err)
	}
	return []models.PanelAction{o.pay("anna", "3"), o.reply("Hello"), o.status(order, "completed"), lost}, spare
}

func (o *office) resume() {
	o.Helper()
	if err := o.db.ResumePanel(o.Context(), o.owner, o.at.id); err != nil {
		o.Fatal(err)
	}
}

func TestAnAddressOfAnotherShopGetsNothingAndPausesThePanel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all, spare := o.waiting()
	was := o.text("SELECT url FROM panels")
	b := o.batch(models.KindCancel, models.ActionPayload{}, spare)
	rows := o.text("SELECT count(*) || ' ' || sum(hash) FROM orders")
	other, key := o.otherShop()
	o.moveTo(o.served(other), key)
	o.resume()
	for range 5 {
		o.clock.turn(time.Minute)
		o.step()
		o.sync()
	}
	if n := written(other); n != 0 {
		t.Errorf("the other shop received %d writes", n)
	}
	for _, a := range all {
		o.wantAsked(a, was)
	}
	if got := o.tally(b); got != "1 asks" {
		t.Errorf("the batch: got %s", got)
	}
	p := must(o.db.ManagedPanel(t.Context(), o.owner, o.at.id))(t)
	if p.PausedAt.IsZero() || !strings.Contains(p.ShopCheckWords, "not from this panel") {
		t.Errorf("paused at %v: %q, want it paused with the reason", p.PausedAt, p.ShopCheckWords)
	}
	if got := o.text("SELECT count(*) || ' ' || sum(hash) FROM orders"); got != rows {
		t.Errorf("the mirror took orders of the other shop")
	}
	o.resume()
	o.sync()
	if p := must(o.db.ManagedPanel(t.Context(), o.owner, o.at.id))(t); p.PausedAt.IsZero() {
		t.Error("resumed, the panel reads the other shop")
	}
	o.moveTo(was, "admin-key-of-alpha")
	o.resume()
	o.sync()
	for _, a := range all[:3] {
		must(o.db.Decide(t.Context(), o.owner, a.ID, 0, models.SendAgain, "Still wanted"))(t)
	}
	o.work()
	for _, a := range all[:3] {
		o.want("back at the old address", a, models.ActionDone, 1)
	}
}

func TestTheSameShopUnderANewAddressGoesOnAfterAPersonsDecision(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all, spare := o.waiting()
	was := o.text("SELECT url FROM panels")
	o.at.ResetCounters()
	o.moveTo(o.served(o.at), "admin-key-of-alpha")
	o.resume()
	o.sync()
	for range 5 {
		o.clock.turn(time.Minute)
		o.step()
	}
	for _, a := range all {
		o.wantAsked(a, was)
	}
	if calls := o.calls(); calls["POST /adminapi/v2/payments"]+calls["POST /adminapi/v2/orders/change-status"] != 0 {
		t.Errorf("something was sent before a person decided: %v", calls)
	}
	fresh := o.status(spare, "completed")
	lost := all[3]
	must(o.db.Decide(t.Context(), o.owner, lost.ID, 1, models.NotSent, "It is not there"))(t)
	for _, a := range all[:3] {
		must(o.db.Decide(t.Context(), o.owner, a.ID, 0, models.SendAgain, "Still wanted"))(t)
	}
	o.work()
	for _, a := range all[:3] {
		o.want("at the new address", a, models.ActionDone, 1)
	}
	o.want("asked for after the change", fresh, models.ActionDone, 1)
	o.want("not sent", lost, models.ActionCancelled, 0)
	added := o.order(sim.InProgress)
	o.later(time.Minute)
	if o.count("SELECT count(*) FROM orders WHERE id = $1", added) != 1 {
		t.Error("the mirror does not follow the new address")
	}
}

func TestAnActionThatAWorkerHoldsWhileTheAddressChangesGoesNowhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	other, key := o.otherShop()
	a := o.pay("anna", "3")
	claimed := must(o.db.ClaimAction(t.Context(), a.ID, leaseFor))(t)
	before, _, err := o.worker.client(t.Context(), o.at.id)
	if err != nil {
		t.Fatal(err)
	}
	was := o.text("SELECT url FROM panels")
	o.moveTo(o.served(other), key) // while the worker waits for its slot
	after, _, err := o.worker.client(t.Context(), o.at.id)
	if err != nil {
		t.Fatal(err)
	}
	o.at.ResetCounters()
	other.ResetCounters()
	if err := o.worker.attempt(t.Context(), before, claimed, models.Sight{}); err != nil {
		t.Error(err)
	}
	if err := o.worker.attempt(t.Context(), after, claimed, models.Sight{}); err != nil {
		t.Error(err)
	}
	if n, m := written(o.at.Panel), written(other); n+m != 0 {
		t.Errorf("%d writes to the old address and %d to the new, want none", n, m)
	}
	o.wantAsked(a, was)
	// An action that was enqueued during the commit of the change is noticed only by the sweep.
	late := o.pay("anna", "4")
	o.exec("UPDATE actions SET address_no = 0, address = $2 WHERE id = $1", late.ID, was)
	o.exec("UPDATE panels SET shop_check_at = NULL") // even if the shop were verified
	if _, err := o.db.ClaimAction(t.Context(), late.ID, leaseFor); !errors.Is(err, models.ErrBusy) {
		t.Errorf("claiming one for the old address: got %v, want ErrBusy", err)
	}
	o.exec("UPDATE panels SET shop_check_at = now() + interval '1 year'")
	o.step()
	o.wantAsked(late, was)
}

func TestAnAnswerFromTheOldAddressStillCountsAndALostOneAsks(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{true, false} {
		o := newOffice(t)
		o.sync()
		a, was := o.pay("anna", "3"), o.text("SELECT url FROM panels")
		claimed := must(o.db.ClaimAction(t.Context(), a.ID, leaseFor))(t)
		sending := must(o.db.BeginSending(t.Context(), claimed, models.Sight{}, o.clock.Now().Add(5*time.Second)))(t)
		o.moveTo(o.served(o.at), "admin-key-of-alpha")
		if answered {
			if err := o.db.EndAction(t.Context(), sending, models.ActionDone, ""); err != nil {
				t.Error(err)
			}
			o.work()
			o.want("answered", a, models.ActionDone, 0)
			continue
		}
		o.at.ResetCounters()
		o.work()
		o.wantAsked(a, was)
		if n := o.calls()["GET /adminapi/v2/payments"]; n > 1 { // one of them is the comparison's
			t.Errorf("it was looked for %d times at the new address", n-1)
		}
	}
}

func TestTheQuestionOfAnEarlierAddressIsNotKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all, _ := o.waiting()
	lost := all[3]
	o.exec("UPDATE actions SET due_at = NULL, words = 'Not found.' WHERE id = $1", lost.ID)
	last := ""
	for range 3 {
		last = o.served(o.at)
		o.moveTo(last, "admin-key-of-alpha")
	}
	said := o.now(lost).Said()
	if strings.Count(said, "earlier address") != 1 || strings.Count(said, "Not found.") != 1 || !strings.Contains(said, last) {
		t.Errorf("got %q, want the first finding and one question, about %s", said, last)
	}
	if said := o.now(all[0]).Said(); strings.Count(said, "while this action waited") != 1 || !strings.Contains(said, last) {
		t.Errorf("one that waits: got %q, want one question, about %s", said, last)
	}
}

func TestAKeyOfAnotherShopAtTheSameAddressPausesThePanel(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other, key := o.otherShop()
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") == key {
			other.ServeHTTP(w, r)
			return
		}
		o.at.ServeHTTP(w, r)
	})
	o.exec("UPDATE panels SET url = $1", o.served(front))
	o.sync()
	a := o.pay("anna", "3")
	p := must(o.db.ManagedPanel(t.Context(), o.owner, o.at.id))(t)
	in := models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, AdminAPIKey: key}
	must(o.db.UpdatePanel(t.Context(), o.owner, p.ID, in))(t)
	for range 3 {
		o.clock.turn(time.Minute)
		o.step()
		o.sync()
	}
	o.want("with a key of another shop", a, models.ActionQueued, 0)
	if n := written(other); n != 0 {
		t.Errorf("the other shop received %d writes", n)
	}
	if o.count("SELECT count(*) FROM panels WHERE paused_at IS NOT NULL") != 1 {
		t.Error("the panel is not paused")
	}
	in.AdminAPIKey = "admin-key-of-alpha"
	must(o.db.UpdatePanel(t.Context(), o.owner, p.ID, in))(t)
	o.resume()
	o.work()
	o.want("with its own key", a, models.ActionDone, 1)
}

func TestAPanelIsComparedOnlyOnceItAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.HTML502})
	o.moveTo(o.served(o.at), "admin-key-of-alpha")
	o.compare()
	p := must(o.db.ManagedPanel(t.Context(), o.owner, o.at.id))(t)
	if !p.PausedAt.IsZero() || p.ShopCheckAt.IsZero() || !strings.Contains(p.ShopCheckWords, "not working") {
		t.Errorf("got %+v, want that it is compared later", p)
	}
	o.at.Heal()
	o.later(time.Minute)
	if p := must(o.db.ManagedPanel(t.Context(), o.owner, o.at.id))(t); !p.ShopCheckAt.IsZero() || p.ShopCheckWords != "" {
		t.Errorf("healed: got %+v, want it compared", p)
	}
}

// TestAddressesThatChangeWhileActionsWaitMoveNothingToAnotherShop changes the address at random moments during random
// faults, to the other shop and back.
func TestAddressesThatChangeWhileActionsWaitMoveNothingToAnotherShop(t *testing.T) {
	t.Parallel()
	for seed := range uint64(*chaosSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := newOffice(t)
			chance := rand.New(rand.NewPCG(seed, 3))
			all := o.someOfAll(8)
			other, key := o.otherShop()
			places := []struct{ url, key string }{{o.served(o.at), "admin-key-of-alpha"}, {o.served(other), key}, {o.served(o.at), "admin-key-of-alpha"}}
			for _, f := range misfortunes {
				o.at.Fail(f)
			}
			for i := range 30 {
				o.clock.turn(time.Duration(chance.IntN(20)) * time.Second)
				if i%5 == 4 {
					to := places[chance.IntN(len(places))]
					o.moveTo(to.url, to.key)
					o.resume()
				}
				o.tryKey()
				o.compare()
				o.stepAtOnce(chance)
				o.sendSomeAgain(all, chance)
			}
			o.at.Heal()
			o.moveTo(places[0].url+"/", places[0].key)
			o.moveTo(places[0].url, places[0].key)
			o.resume()
			o.work()
			if n := written(other); n != 0 {
				t.Errorf("the other shop received %d writes", n)
			}
			o.wantTruth(all)
		})
	}
}

// sendSomeAgain decides about queued actions that ask, as a person would who knows that no request was sent.
func (o *office) sendSomeAgain(all []models.PanelAction, chance *rand.Rand) {
	o.Helper()
	for _, a := range all {
		now := o.now(a)
		if now.State != models.ActionQueued || !now.AsksPerson() || chance.IntN(2) == 0 {
			continue
		}
		_, err := o.db.Decide(o.Context(), o.owner, a.ID, now.Attempts, models.SendAgain, "Nothing was sent")
		if err != nil && !errors.Is(err, models.ErrTooLate) {
			o.Fatal(err)
		}
	}
}
