package models_test

import (
	"errors"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func saveView(t testing.TB, db *models.DB, v models.Viewer, query string, in models.ViewInput) models.SavedView {
	t.Helper()
	id, err := db.CreateView(t.Context(), v, models.OrderList, parse(t, models.OrderList.For(v), query), in)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.SavedView(t.Context(), v, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// viewNames returns the names of a viewer's views, with a star at their default.
func viewNames(t testing.TB, db *models.DB, v models.Viewer) string {
	t.Helper()
	views, err := db.SavedViews(t.Context(), v, models.OrderList)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range views {
		if s.Default {
			s.Name += "*"
		}
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

func TestAViewKeepsFiltersOrderAndPanelsUnderAName(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, _ := twoPanels(t)
	s := saveView(t, db, owner, "status=pending&sort=-charge&per=100&panel="+idWord(mine.ID), models.ViewInput{Name: "  Late \n ones ", Default: true})
	values, notices := s.For(owner)
	if got, want := values.Encode(), "panel="+idWord(mine.ID)+"&sort=-charge&status=pending"; got != want || len(notices) > 0 {
		t.Errorf("got %s, want %s; %v", got, want, notices)
	}
	saveView(t, db, owner, "status=error", models.ViewInput{Name: "Failed", Shared: true})
	if got, want := viewNames(t, db, owner), "Late ones*, Failed"; got != want {
		t.Errorf("the owner's: got %s, want %s", got, want)
	}
	if got, want := viewNames(t, db, agent), "Failed"; got != want {
		t.Errorf("the agent's: got %s, want %s", got, want)
	}
	if _, err := db.SavedView(t.Context(), agent, s.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("another's personal view: got %v", err)
	}
}

func TestASharedViewShowsNobodyWhatTheyMayNotSee(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, other := twoPanels(t)
	modelstest.Staff(t, db, "looker", models.RoleViewer, true)
	looker := modelstest.Viewer(t, db, "looker")
	both := "panel=" + idWord(mine.ID) + "&panel=" + idWord(other.ID)
	for _, c := range []struct {
		name, query, want, says string
		v                       models.Viewer
	}{
		{"both", both, "panel=" + idWord(mine.ID), "It shows your panels only", agent},
		{"foreign", "panel=" + idWord(other.ID), "panel=9223372036854775807", "it shows nothing", agent},
		{"mail", "q=anna%40mail.example&status=pending", "status=pending", "the list ignores the search", looker},
		{"handle", "q=https%3A%2F%2Ftiktok.com%2F%40anna.b", "q=https%3A%2F%2Ftiktok.com%2F%40anna.b", "", looker},
	} {
		s := saveView(t, db, owner, c.query, models.ViewInput{Name: c.name, Shared: true})
		values, notices := s.For(c.v)
		if got := values.Encode(); got != c.want || !strings.Contains(strings.Join(notices, " "), c.says) {
			t.Errorf("%s: got %s, %v; want %s, %q", c.name, got, notices, c.want, c.says)
		}
	}
	if got, want := viewNames(t, db, agent), "both, handle, mail"; got != want {
		t.Errorf("the agent's views: got %s, want %s", got, want)
	}
	foreign, err := db.Orders(t.Context(), agent, parse(t, models.OrderList, "panel=9223372036854775807"))
	if err != nil || len(foreign.Rows) > 0 {
		t.Errorf("the view of a foreign panel: got %v, %v", foreign.Rows, err)
	}
}

func TestAViewIsChangedByItsMakerAndASharedOneByThoseWhoManage(t *testing.T) {
	t.Parallel()
	db, owner, agent, mine, other := twoPanels(t)
	modelstest.Staff(t, db, "second", models.RoleAgent, true)
	second, ctx := modelstest.Viewer(t, db, "second"), t.Context()
	s := saveView(t, db, agent, "status=pending", models.ViewInput{Name: "Mine", Shared: true})
	query := parse(t, models.OrderList, "status=error")

	if err := db.SetViewQuery(ctx, second, s.ID, models.OrderList, query); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("a colleague changes the filters: got %v", err)
	}
	if err := db.DeleteView(ctx, second, s.ID); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("a colleague deletes it: got %v", err)
	}
	if err := db.ChangeView(ctx, second, s.ID, models.ViewInput{Name: "Theirs", Default: true}); err != nil || viewNames(t, db, second) != "Mine*" {
		t.Errorf("a colleague chooses it: got %v, %s", err, viewNames(t, db, second))
	}
	if err := db.ChangeView(ctx, owner, s.ID, models.ViewInput{Name: "Ours"}); err != nil || viewNames(t, db, second) != "Ours*" {
		t.Errorf("the owner renames it and does not take it back: got %v, %s", err, viewNames(t, db, second))
	}
	if err := db.SetViewQuery(ctx, owner, s.ID, models.OrderList, query); err != nil {
		t.Error(err)
	}
	if err := db.ChangeView(ctx, agent, s.ID, models.ViewInput{Name: "Ours"}); err != nil || viewNames(t, db, second) != "" {
		t.Errorf("its maker takes it back: got %v, %s", err, viewNames(t, db, second))
	}
	if err := db.DeleteView(ctx, owner, s.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the owner deletes a personal one: got %v", err)
	}
	if err := db.DeleteView(ctx, agent, s.ID); err != nil || viewNames(t, db, agent) != "" {
		t.Errorf("its maker deletes it: got %v", err)
	}

	// Panels that the editor of a view may not see stay in it.
	both := saveView(t, db, owner, "panel="+idWord(mine.ID)+"&panel="+idWord(other.ID), models.ViewInput{Name: "Both", Shared: true})
	if err := db.ChangeMember(ctx, owner, agent.StaffID, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{mine.ID}}); err != nil {
		t.Fatal(err)
	}
	agent = modelstest.Viewer(t, db, "agent")
	if err := db.SetViewQuery(ctx, agent, both.ID, models.OrderList, parse(t, models.OrderList, "status=error&panel="+idWord(mine.ID))); err != nil {
		t.Fatal(err)
	}
	both, err := db.SavedView(ctx, owner, both.ID)
	if values, _ := both.For(owner); err != nil || len(values["panel"]) != 2 || values.Get("status") != "error" {
		t.Errorf("after the change: got %v, %v", values, err)
	}
}

func TestANameOfAViewIsCheckedAndWhoChangesNothingSharesNothing(t *testing.T) {
	t.Parallel()
	db, owner, _, _, _ := twoPanels(t)
	modelstest.Staff(t, db, "looker", models.RoleViewer, true)
	looker := modelstest.Viewer(t, db, "looker")
	saveView(t, db, owner, "status=error", models.ViewInput{Name: "Failed"})
	for _, name := range []string{"", " \u200b ", strings.Repeat("x", 41), "failed"} {
		_, err := db.CreateView(t.Context(), owner, models.OrderList, parse(t, models.OrderList, ""), models.ViewInput{Name: name})
		var invalid models.Invalid
		if !errors.As(err, &invalid) || invalid["name"] == "" {
			t.Errorf("%q: got %v", name, err)
		}
	}
	saveView(t, db, owner, "", models.ViewInput{Name: "Failed", Shared: true}) // beside the personal one
	if s := saveView(t, db, looker, "", models.ViewInput{Name: "Theirs", Shared: true}); s.Shared() {
		t.Error("a viewer shared a view")
	}
}

func TestAPersonalViewGoesWithItsPersonAndASharedOneStays(t *testing.T) {
	t.Parallel()
	db, owner, agent, _, _ := twoPanels(t)
	saveView(t, db, agent, "", models.ViewInput{Name: "Personal", Default: true})
	saveView(t, db, agent, "", models.ViewInput{Name: "Shared", Shared: true})
	if err := db.RemoveMember(t.Context(), owner, agent.StaffID, "agent"); err != nil {
		t.Fatal(err)
	}
	views, err := db.SavedViews(t.Context(), owner, models.OrderList)
	if err != nil || len(views) != 1 || views[0].Name != "Shared" || views[0].Maker != "" || !views[0].EditableBy(owner) || views[0].IsOf(models.Viewer{}) {
		t.Errorf("got %+v, %v", views, err)
	}
}

func TestTheLogTellsOfViewsWithoutWhatWasSearchedFor(t *testing.T) {
	t.Parallel()
	db, owner, _, mine, _ := twoPanels(t)
	ctx := t.Context()
	s := saveView(t, db, owner, "q=anna%40mail.example&panel="+idWord(mine.ID), models.ViewInput{Name: "Anna"})
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "Save view|List:  → orders|Name:  → Anna|For:  → its maker|Filters:  → a search"},
		{func() error {
			return db.SetViewQuery(ctx, owner, s.ID, models.OrderList, parse(t, models.OrderList, "status=error"))
		},
			"Change view|List:  → orders|Name:  → Anna|Filters: a search → status error"},
		{func() error { return db.ChangeView(ctx, owner, s.ID, models.ViewInput{Name: "Bad", Shared: true}) },
			"Change view|List:  → orders|Name: Anna → Bad|For: its maker → everybody"},
		{func() error { return db.DeleteView(ctx, owner, s.ID) }, "Delete view|List:  → orders|Name: Bad → |For: everybody → |Filters: status error → "},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.want, err)
		}
		last := activityOf(t, db, owner, "")[0]
		got := last.Action.String()
		for _, c := range last.Changes {
			got += "|" + c.Field + ": " + c.Old + " → " + c.New
		}
		if got != step.want {
			t.Errorf("got  %s\nwant %s", got, step.want)
		}
	}
}
