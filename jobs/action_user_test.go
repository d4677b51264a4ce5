package jobs

import (
	"testing"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

const newPassword = "open-sesame-77"

func (o *office) addUser(name string) models.PanelAction {
	o.Helper()
	return o.ask(models.NewAction{Kind: models.KindAddUser, TargetName: name, Payload: models.ActionPayload{Email: name + "@mail.example"}, Secret: newPassword})
}

func TestAUserIsAddedOnceAndThePasswordForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	a := o.addUser("newcomer")
	if o.count("SELECT count(*) FROM action_secrets") != 1 || o.count("SELECT count(*) FROM action_secrets WHERE position(convert_to($1, 'UTF8') IN sealed) > 0", newPassword) != 0 {
		t.Error("the password does not wait, or not sealed")
	}
	o.work()
	if got := o.now(a); got.State != models.ActionDone {
		t.Errorf("got %s (%s)", got.State, got.Words)
	}
	if u, there := o.at.User("newcomer"); !there || u.Email != "newcomer@mail.example" {
		t.Errorf("the panel has %+v", u)
	}
	if o.count("SELECT count(*) FROM action_secrets") != 0 {
		t.Error("the password is still there")
	}
	for _, table := range []string{"actions", "activity"} {
		if o.count("SELECT count(*) FROM "+table+" AS t WHERE t::text LIKE '%' || $1 || '%'", newPassword) != 0 {
			t.Errorf("%s holds the password", table)
		}
	}
	o.sync()
	if o.count("SELECT count(*) FROM users WHERE username = 'newcomer'") != 1 {
		t.Error("the mirror does not show the new user")
	}
}

func TestAUserWhoseAnswerWasLostIsFoundByNameAndEmailOrAskedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	o.at.Fail(sim.Fault{Kind: sim.ApplyThenDrop, Method: "POST", Count: 1})
	a := o.addUser("newcomer")
	o.work()
	if got := o.now(a); got.State != models.ActionDone {
		t.Errorf("applied: got %s (%s), want it found", got.State, got.Words)
	}
	o.at.Fail(sim.Fault{Kind: sim.DropConnection, Method: "POST", Count: 1})
	b := o.addUser("second")
	o.work()
	got := o.now(b)
	if !got.AsksPerson() || o.count("SELECT count(*) FROM action_secrets") != 1 {
		t.Fatalf("not applied: got %s (%s), want a person asked and the password kept", got.State, got.Words)
	}
	must(o.db.Decide(t.Context(), o.owner, b.ID, got.Attempts, models.SendAgain, "I looked"))(t)
	o.work()
	if _, there := o.at.User("second"); !there || o.now(b).State != models.ActionDone {
		t.Errorf("sent again: got %s (%s)", o.now(b).State, o.now(b).Words)
	}
}

func TestAUserWhoIsThereAlreadyIsNotAddedAndThePasswordForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.addUser("anna")
	o.work()
	if got := o.now(a); got.State != models.ActionRefused || o.count("SELECT count(*) FROM action_secrets") != 0 {
		t.Errorf("got %s (%s)", got.State, got.Words)
	}
}
