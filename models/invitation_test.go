package models_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestALinkWorksOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := must(o.db.AddMember(t.Context(), o.owner, models.NewStaff{Username: "new", Role: models.RoleAgent}))(t)
	if _, err := o.db.LogIn(t.Context(), "new", "", models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrLogin) {
		t.Errorf("without a password: got %v", err)
	}
	earlier, _, err := o.db.Invite(t.Context(), o.owner, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := o.db.Invite(t.Context(), o.owner, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.db.Invited(t.Context(), earlier); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the link before: got %v", err)
	}
	if _, err := o.db.AcceptInvitation(t.Context(), token, "short", models.Origin{}); !errors.As(err, new(models.Invalid)) {
		t.Errorf("a bad password: got %v", err)
	}
	accepted := make([]error, 50)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range accepted {
		wait.Go(func() {
			<-start
			_, accepted[i] = o.db.AcceptInvitation(t.Context(), token, "the phrase number "+strings.Repeat("x", i+1), models.Origin{})
		})
	}
	close(start)
	wait.Wait()
	won := -1
	for i, err := range accepted {
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Errorf("tries %d and %d both succeeded", won, i)
		case !errors.Is(err, models.ErrNotFound):
			t.Errorf("try %d: got %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("no try succeeded")
	}
	must(o.db.LogIn(t.Context(), "new", "the phrase number "+strings.Repeat("x", won+1), models.Origin{Address: "192.0.2.1"}))(t)
}

func TestALinkEndsWithTimeAndWithItsMember(t *testing.T) {
	t.Parallel()
	now := modelstest.Now(t)
	db := modelstest.NewAt(t, func() time.Time { return now })
	owner := modelstest.Owner(t, db)
	s := modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	token, until, err := db.Invite(t.Context(), owner, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.DisableMember(t.Context(), owner, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AcceptInvitation(t.Context(), token, "another long phrase", models.Origin{}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("of a disabled member: got %v", err)
	}
	_, _, err = db.Invite(t.Context(), owner, s.ID)
	invalidAt(t, err, "invite")
	if err := db.EnableMember(t.Context(), owner, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Invited(t.Context(), token); err != nil {
		t.Errorf("in time: got %v", err)
	}
	now = until
	if _, err := db.AcceptInvitation(t.Context(), token, "another long phrase", models.Origin{}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("too late: got %v", err)
	}
}

func TestALinkGivesItsMakerNothingThatTheyMayNotGive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o office, boss models.Viewer) error{
		"the member became an owner": func(o office, _ models.Viewer) error {
			return o.db.ChangeMember(t.Context(), o.owner, o.anna.ID, models.MemberInput{Role: models.RoleOwner})
		},
		"the member may do what the maker may not": func(o office, boss models.Viewer) error {
			if err := o.db.ChangeMember(t.Context(), o.owner, boss.StaffID, models.MemberInput{Role: models.RoleAdmin, AllPanels: true,
				Taken: []models.Permission{models.PermPaymentAdd}}); err != nil {
				return err
			}
			return o.db.ChangeMember(t.Context(), o.owner, o.anna.ID, models.MemberInput{Role: models.RoleAgent, Granted: []models.Permission{models.PermPaymentAdd}})
		},
		"the maker manages nothing any more": func(o office, boss models.Viewer) error {
			return o.db.ChangeMember(t.Context(), o.owner, boss.StaffID, models.MemberInput{Role: models.RoleAgent, AllPanels: true})
		},
		"the maker is disabled": func(o office, boss models.Viewer) error {
			return o.db.DisableMember(t.Context(), o.owner, boss.StaffID)
		},
		"the maker is removed": func(o office, boss models.Viewer) error {
			return o.db.RemoveMember(t.Context(), o.owner, boss.StaffID, "boss")
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			modelstest.Staff(t, o.db, "boss", models.RoleAdmin, true)
			boss := modelstest.Viewer(t, o.db, "boss")
			token, _, err := o.db.Invite(t.Context(), boss, o.anna.ID)
			if err != nil {
				t.Fatal(err)
			}
			must(o.db.Invited(t.Context(), token))(t)
			if m := must(o.db.Member(t.Context(), o.owner, o.anna.ID))(t); m.InvitedUntil.IsZero() {
				t.Error("it is not shown")
			}
			if err := change(o, boss); err != nil {
				t.Fatal(err)
			}
			if _, err := o.db.Invited(t.Context(), token); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("the link: got %v", err)
			}
			if m := must(o.db.Member(t.Context(), o.owner, o.anna.ID))(t); !m.InvitedUntil.IsZero() {
				t.Errorf("it is shown as good until %v", m.InvitedUntil)
			}
			if _, err := o.db.AcceptInvitation(t.Context(), token, "a phrase of the boss", models.Origin{}); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("its use: got %v", err)
			}
			modelstest.LogIn(t, o.db, "anna")
		})
	}
}
