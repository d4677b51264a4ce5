package models_test

import (
	"errors"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAnybodyReportsAProblemAndWhoMayResolvesItWithANote(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example").ID
	modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	modelstest.PutOrders(t, db, p, modelstest.Order(p, 12, func(o *models.Order) { o.ServiceID, o.ServiceName = 7, "Likes" }))
	v := modelstest.Viewer(t, db, "owner")
	reporter := v
	reporter.Role = models.RoleViewer
	said := models.ReportInput{PanelID: p, OrderID: 12, Reason: " Drops within a day.\r\nAgain. "}

	key, err := db.AddReport(t.Context(), reporter, said)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := db.AddReport(t.Context(), reporter, said); err != nil || again != key {
		t.Errorf("the same said twice is %v (%v), want one report", again, err)
	}
	r, err := db.Report(t.Context(), v, key)
	if err != nil {
		t.Fatal(err)
	}
	if r.ServiceID != 7 || r.ServiceName != "Likes" || r.Reason != "Drops within a day.\nAgain." || r.Status != models.ReportOpen {
		t.Errorf("got %+v", r)
	}
	open, err := db.OpenReports(t.Context(), v, models.Key{PanelID: p, ID: 7}, 5)
	if err != nil || len(open) != 1 {
		t.Errorf("the service has %d open reports (%v), want 1", len(open), err)
	}

	if err := db.ResolveReport(t.Context(), reporter, key, "gone"); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("who may not resolve gets %v", err)
	}
	var invalid models.Invalid
	if err := db.ResolveReport(t.Context(), v, key, " "); !errors.As(err, &invalid) || invalid["note"] == "" {
		t.Errorf("without a note: got %v", err)
	}
	if err := db.ResolveReport(t.Context(), v, key, "The provider was changed."); err != nil {
		t.Fatal(err)
	}
	if err := db.ResolveReport(t.Context(), v, key, "again"); !errors.As(err, &invalid) {
		t.Errorf("resolved twice: got %v", err)
	}
	if r, err = db.Report(t.Context(), v, key); err != nil || r.Status != models.ReportResolved || r.ResolvedAt == nil || r.Note != "The provider was changed." {
		t.Errorf("got %+v (%v)", r, err)
	}
	stranger := v
	stranger.Panels = v.Panels[1:]
	if _, err := db.AddReport(t.Context(), stranger, said); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("who does not see the panel reports: %v", err)
	}
	if err := db.ReopenReport(t.Context(), stranger, key); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("who does not see the panel reopens: %v", err)
	}
}

func TestTheOrderOfAnOpenReportStaysHoweverOldItIs(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.orders(20, 30)
	key, err := a.db.AddReport(t.Context(), a.owner, models.ReportInput{PanelID: a.panel.ID, OrderID: 20, Reason: "late"})
	if err != nil {
		t.Fatal(err)
	}
	a.keep(models.Orders, 10)
	a.purge(100)
	if got := a.left(models.Orders); got != "[20]" {
		t.Errorf("left is %q, want the order that an open report names", got)
	}
	if err := a.db.ResolveReport(t.Context(), a.owner, key, "done"); err != nil {
		t.Fatal(err)
	}
	a.turn(time.Hour)
	a.purge(100)
	if got := a.left(models.Orders); got != "[]" {
		t.Errorf("left is %q when the report is resolved, want nothing", got)
	}
}
