package models_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func invalidAt(t testing.TB, err error, field string) {
	t.Helper()
	var invalid models.Invalid
	if !errors.As(err, &invalid) || invalid[field] == "" {
		t.Errorf("got %v, want something wrong about %s", err, field)
	}
}

func TestRightsFollowTheRoleAndWhatIsGrantedOrTaken(t *testing.T) {
	t.Parallel()
	all := func(p models.Permission) bool { return true }
	for name, test := range map[string]struct {
		rights models.Rights
		can    func(models.Permission) bool
	}{
		"an owner can do all, whatever is taken": {models.Rights{Role: models.RoleOwner, Taken: []models.Permission{models.PermExport}}, all},
		"an admin can do all":                    {models.Rights{Role: models.RoleAdmin}, all},
		"but not what is taken": {models.Rights{Role: models.RoleAdmin, Taken: []models.Permission{models.PermSeeMoney}},
			func(p models.Permission) bool { return p != models.PermSeeMoney }},
		"an agent can do what agents can, and what is granted": {models.Rights{Role: models.RoleAgent, Granted: []models.Permission{models.PermExport}},
			func(p models.Permission) bool {
				return p != models.PermPaymentAdd && p != models.PermUserAdd && p != models.PermManage
			}},
		"a viewer changes nothing, whatever is granted": {models.Rights{Role: models.RoleViewer,
			Granted: []models.Permission{models.PermManage, models.PermOrderCancel, models.PermSeeMoney}},
			func(p models.Permission) bool { return p == models.PermSeeMoney }},
		"no role can do nothing": {models.Rights{Granted: nil}, func(models.Permission) bool { return false }},
	} {
		for _, info := range models.Permissions {
			if got, want := test.rights.Can(info.Name), test.can(info.Name); got != want {
				t.Errorf("%s: %s: got %v, want %v", name, info.Name, got, want)
			}
		}
		if test.rights.Can("unknown") {
			t.Errorf("%s: a permission that is not there is had", name)
		}
	}
}

// office has an owner, an admin, an agent and two panels.
type office struct {
	db          *models.DB
	owner       models.Viewer
	first, last models.Panel
	admin, anna models.Staff
}

func newOffice(t testing.TB) office {
	t.Helper()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	o := office{db: db, first: modelstest.Panel(t, db, owner, "ONE", "https://one.example"), last: modelstest.Panel(t, db, owner, "TWO", "https://two.example"),
		admin: modelstest.Staff(t, db, "admin", models.RoleAdmin, true), anna: modelstest.Staff(t, db, "anna", models.RoleAgent, false)}
	o.owner = modelstest.Viewer(t, db, "owner")
	return o
}

func (o office) change(t testing.TB, s models.Staff, in models.MemberInput) {
	t.Helper()
	if err := o.db.ChangeMember(t.Context(), o.owner, s.ID, in); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsGrantedTakenAndAllowedHoldsForTheNextLook(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	token := modelstest.LogIn(t, o.db, "anna")
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Granted: []models.Permission{models.PermExport},
		Taken: []models.Permission{models.PermSeeMoney}, Panels: []int64{o.last.ID}})
	v, _, err := o.db.ViewerOf(t.Context(), token, true)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Can(models.PermExport) || v.Can(models.PermSeeMoney) || !v.Can(models.PermSeeEmails) {
		t.Errorf("rights: got %v", v.Rights().Permissions())
	}
	if got, want := v.PanelIDs(), []int64{o.last.ID}; !slices.Equal(got, want) {
		t.Errorf("panels: got %v, want %v", got, want)
	}
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.first.ID}})
	v, _, _ = o.db.ViewerOf(t.Context(), token, true)
	if got, want := v.PanelIDs(), []int64{o.first.ID}; !slices.Equal(got, want) || v.Can(models.PermExport) {
		t.Errorf("after it was taken back: panels %v, rights %v", got, v.Rights().Permissions())
	}
}

func TestAnotherRoleEndsTheSessions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	token := modelstest.LogIn(t, o.db, "anna")
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAdmin})
	if _, _, err := o.db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a session from before: got %v, want it ended", err)
	}
}

func TestNobodyGivesWhatTheyDoNotHave(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(t, o.admin, models.MemberInput{Role: models.RoleAdmin, Taken: []models.Permission{models.PermExport, models.PermUserAdd}, Panels: []int64{o.first.ID}})
	admin := modelstest.Viewer(t, o.db, "admin")
	change := func(s models.Staff, in models.MemberInput) error {
		return o.db.ChangeMember(t.Context(), admin, s.ID, in)
	}
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleOwner}), "role")
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleAdmin}), "permissions")
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleAgent, Granted: []models.Permission{models.PermExport}}), "permissions")
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleViewer, Granted: []models.Permission{models.PermUserAdd}}), "permissions")
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.last.ID}}), "panels")
	invalidAt(t, change(o.anna, models.MemberInput{Role: models.RoleAgent, AllPanels: true}), "panels")
	invalidAt(t, change(o.admin, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{o.first.ID}}), "permissions")
	_, err := o.db.AddMember(t.Context(), admin, models.NewStaff{Username: "eve", Password: modelstest.Password, Role: models.RoleOwner})
	if !errors.As(err, new(models.Invalid)) {
		t.Errorf("an admin made an owner: %v", err)
	}
	if err := change(o.anna, models.MemberInput{Role: models.RoleAgent, Granted: []models.Permission{models.PermPaymentAdd}, Panels: []int64{o.first.ID}}); err != nil {
		t.Errorf("what they have: %v", err)
	}
}

func TestNobodyTouchesWhoMayDoOrSeeMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(t, o.admin, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{o.first.ID}})
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.first.ID, o.last.ID}})
	other := modelstest.Staff(t, o.db, "other", models.RoleAgent, false)
	o.change(t, other, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.last.ID}})
	admin := modelstest.Viewer(t, o.db, "admin")
	for name, test := range map[string]struct {
		id   int64
		want error
	}{
		"an owner":                        {o.owner.StaffID, models.ErrNotAllowed},
		"who works on more panels":        {o.anna.ID, models.ErrNotAllowed},
		"who works on another panel only": {other.ID, models.ErrNotFound},
		"who is not there":                {9999, models.ErrNotFound},
	} {
		for what, try := range map[string]func() error{
			"change": func() error {
				return o.db.ChangeMember(t.Context(), admin, test.id, models.MemberInput{Role: models.RoleViewer})
			},
			"password": func() error {
				return o.db.SetMemberPassword(t.Context(), admin, test.id, modelstest.Password+"!", false)
			},
			"invite":   func() error { _, _, err := o.db.Invite(t.Context(), admin, test.id); return err },
			"disable":  func() error { return o.db.DisableMember(t.Context(), admin, test.id) },
			"enable":   func() error { return o.db.EnableMember(t.Context(), admin, test.id) },
			"sessions": func() error { return o.db.EndMemberSessions(t.Context(), admin, test.id) },
			"remove":   func() error { return o.db.RemoveMember(t.Context(), admin, test.id, "owner") },
		} {
			if err := try(); !errors.Is(err, test.want) {
				t.Errorf("%s: %s: got %v, want %v", name, what, err, test.want)
			}
		}
	}
	for _, m := range must(o.db.Members(t.Context(), admin))(t) {
		if m.Username == "other" || slices.Contains(m.Panels, o.last.ID) {
			t.Errorf("an admin of one panel learns of another by %s, panels %v", m.Username, m.Panels)
		}
	}
	agent := modelstest.Viewer(t, o.db, "anna")
	if _, err := o.db.Members(t.Context(), agent); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent's look at the staff: got %v", err)
	}
}

func TestOneOwnerAlwaysStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	db, ctx := o.db, t.Context()
	invalidAt(t, db.ChangeMember(ctx, o.owner, o.owner.StaffID, models.MemberInput{Role: models.RoleAdmin}), "role")
	invalidAt(t, db.DisableMember(ctx, o.owner, o.owner.StaffID), "disable")
	invalidAt(t, db.RemoveMember(ctx, o.owner, o.owner.StaffID, "owner"), "confirm")
	if _, err := db.AddMember(ctx, o.owner, models.NewStaff{Username: "invited", Role: models.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	// An owner without a password cannot log in, so they do not count.
	invalidAt(t, db.ChangeMember(ctx, o.owner, o.owner.StaffID, models.MemberInput{Role: models.RoleAdmin}), "role")
}

func TestTwoOwnersWhoActAtOnceCannotBothGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for round, act := range []func(models.Viewer, models.Staff) error{
		func(v models.Viewer, s models.Staff) error {
			return o.db.ChangeMember(t.Context(), v, s.ID, models.MemberInput{Role: models.RoleAgent})
		},
		func(v models.Viewer, s models.Staff) error { return o.db.DisableMember(t.Context(), v, s.ID) },
		func(v models.Viewer, s models.Staff) error {
			return o.db.RemoveMember(t.Context(), v, s.ID, s.Username)
		},
		func(v models.Viewer, s models.Staff) error { // each changes their own role
			return o.db.ChangeMember(t.Context(), v, v.StaffID, models.MemberInput{Role: models.RoleAgent})
		},
	} {
		names := []string{"left" + string(rune('a'+round)), "right" + string(rune('a'+round))}
		left, right := modelstest.Staff(t, o.db, names[0], models.RoleOwner, true), modelstest.Staff(t, o.db, names[1], models.RoleOwner, true)
		byLeft, byRight := modelstest.Viewer(t, o.db, names[0]), modelstest.Viewer(t, o.db, names[1])
		for _, m := range must(o.db.Members(t.Context(), byLeft))(t) {
			if m.Role == models.RoleOwner && m.ID != left.ID && m.ID != right.ID {
				if err := o.db.DisableMember(t.Context(), byLeft, m.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		start, errs := make(chan struct{}), make([]error, 20)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() {
				<-start
				if i%2 == 0 {
					errs[i] = act(byLeft, right)
				} else {
					errs[i] = act(byRight, left)
				}
			})
		}
		close(start)
		wait.Wait()
		owners := 0
		for _, name := range names {
			if _, err := o.db.LogIn(t.Context(), name, modelstest.Password, models.Origin{Address: "192.0.2.1", UserAgent: "test"}); err == nil {
				if modelstest.Viewer(t, o.db, name).Role == models.RoleOwner {
					owners++
				}
			}
		}
		if owners != 1 {
			t.Errorf("round %d: %d owners are left, want 1; the answers were %v", round, owners, errs)
		}
	}
}

func TestADisabledMemberIsOutAtOnceAndComesBackWhenEnabled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	token := modelstest.LogIn(t, o.db, "anna")
	if err := o.db.DisableMember(t.Context(), o.owner, o.anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("their session: got %v", err)
	}
	if _, err := o.db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrLogin) {
		t.Errorf("their login: got %v", err)
	}
	if err := o.db.EnableMember(t.Context(), o.owner, o.anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the session of before came back: %v", err)
	}
	modelstest.LogIn(t, o.db, "anna")
}

func TestAPasswordThatSomebodyElseSetIsToBeChanged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	old := modelstest.LogIn(t, o.db, "anna")
	invalidAt(t, o.db.SetMemberPassword(t.Context(), o.owner, o.anna.ID, "short", true), "password")
	invalidAt(t, o.db.SetMemberPassword(t.Context(), o.owner, o.owner.StaffID, "another long phrase", true), "password")
	if err := o.db.SetMemberPassword(t.Context(), o.owner, o.anna.ID, "another long phrase", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.db.ViewerOf(t.Context(), old, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("their session: got %v", err)
	}
	token := must(o.db.LogIn(t.Context(), "anna", "another long phrase", models.Origin{Address: "192.0.2.1"}))(t).Token
	v, _, err := o.db.ViewerOf(t.Context(), token, true)
	if err != nil || !v.MustChangePassword {
		t.Fatalf("got %v, %v, want a password that must be changed", v.MustChangePassword, err)
	}
	token = must(o.db.SetPassword(t.Context(), v, "another long phrase", "a phrase of her own"))(t)
	if v, _, err = o.db.ViewerOf(t.Context(), token, true); err != nil || v.MustChangePassword {
		t.Errorf("after the change: got %v, %v", v.MustChangePassword, err)
	}
}

func TestARemovedMemberIsGoneAndTheLogStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	invalidAt(t, o.db.RemoveMember(t.Context(), o.owner, o.anna.ID, "ann"), "confirm")
	if err := o.db.RemoveMember(t.Context(), o.owner, o.anna.ID, " Anna "); err != nil {
		t.Fatal(err)
	}
	if _, err := o.db.Member(t.Context(), o.owner, o.anna.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	modelstest.Staff(t, o.db, "anna", models.RoleViewer, false) // the name is free again
	log := must(o.db.ActivityOn(t.Context(), o.owner, models.ObjectStaff, models.Key{ID: o.anna.ID}, 5))(t)
	if len(log) != 2 || log[0].Action != models.ActRemoveStaff || log[1].Action != models.ActAddStaff || log[0].Changes[0].New != "anna" {
		t.Errorf("the log holds %+v", log)
	}
}
