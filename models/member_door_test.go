package models_test

import (
	"errors"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// The person who sets a password knows it.
func TestAPasswordSetByAnotherOpensNothingThatTheyMayNotGive(t *testing.T) {
	t.Parallel()
	const known = "a phrase that two know"
	owner := models.MemberInput{Role: models.RoleOwner}
	agent := func(o office) models.MemberInput {
		return models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.first.ID}}
	}
	set := func(t *testing.T, o office, by models.Viewer) {
		if err := o.db.SetMemberPassword(t.Context(), by, o.anna.ID, known, false); err != nil {
			t.Fatal(err)
		}
	}
	opens := func(t *testing.T, o office, password string) error {
		_, err := o.db.LogIn(t.Context(), "anna", password, models.Origin{Address: "192.0.2.1"})
		return err
	}
	t.Run("set by an admin it ends when the member becomes an owner", func(t *testing.T) {
		o := newOffice(t)
		set(t, o, modelstest.Viewer(t, o.db, "admin"))
		o.change(t, o.anna, agent(o))
		must(o.db.LogIn(t.Context(), "anna", known, models.Origin{Address: "192.0.2.1"}))(t)
		o.change(t, o.anna, owner)
		if err := opens(t, o, known); !errors.Is(err, models.ErrLogin) {
			t.Errorf("got %v", err)
		}
		if m := must(o.db.Member(t.Context(), o.owner, o.anna.ID))(t); m.HasPassword() {
			t.Error("they are shown as having a password")
		}
	})
	t.Run("so does that which the admin gave when they added the member", func(t *testing.T) {
		o := newOffice(t)
		o.anna = must(o.db.AddMember(t.Context(), modelstest.Viewer(t, o.db, "admin"), models.NewStaff{Username: "berta", Password: known, Role: models.RoleAgent}))(t)
		o.change(t, o.anna, owner)
		if _, err := o.db.LogIn(t.Context(), "berta", known, models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrLogin) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("set by an owner it stays", func(t *testing.T) {
		o := newOffice(t)
		set(t, o, o.owner)
		o.change(t, o.anna, owner)
		if err := opens(t, o, known); err != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("and so does one that the member chose since", func(t *testing.T) {
		o := newOffice(t)
		set(t, o, modelstest.Viewer(t, o.db, "admin"))
		v, _, err := o.db.ViewerOf(t.Context(), must(o.db.LogIn(t.Context(), "anna", known, models.Origin{Address: "192.0.2.1"}))(t).Token, true)
		if err != nil {
			t.Fatal(err)
		}
		const own = "a phrase that one knows"
		must(o.db.SetPassword(t.Context(), v, known, own))(t)
		o.change(t, o.anna, owner)
		if err := opens(t, o, own); err != nil {
			t.Errorf("got %v", err)
		}
	})
}
