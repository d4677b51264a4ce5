package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// lines returns the lines of a log that name a person, as action and result.
func lines(rows []models.Activity, name string) string {
	var found []string
	for _, r := range rows {
		if r.Username == name || strings.Contains(fmt.Sprint(r.Changes), name) {
			found = append(found, string(r.Action))
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// sights returns the lines about a member that the viewer gets from each method that reads the log.
func sights(t testing.TB, db *models.DB, v models.Viewer, s models.Staff) map[string]string {
	t.Helper()
	ctx := t.Context()
	of := must(db.ActivityOfStaff(ctx, v, s.ID, 50))(t)
	on := must(db.ActivityOn(ctx, v, models.ObjectStaff, models.Key{PanelID: models.NoPanel, ID: s.ID}, 50))(t)
	by := parse(t, models.ActivityList, "staff="+s.Username)
	staff, _ := models.ActivityList.Filter("staff")
	var names []string
	for _, o := range must(db.Options(ctx, v, models.ActivityList, parse(t, models.ActivityList, ""), staff, s.Username))(t) {
		names = append(names, fmt.Sprint(o.Value, " ", o.Count))
	}
	return map[string]string{
		"list": lines(activityOf(t, db, v, ""), s.Username), "search": lines(activityOf(t, db, v, "q="+s.Username), s.Username),
		"page of the member": lines(of, s.Username), "history of the member": lines(on, s.Username),
		"count": fmt.Sprint(must(db.Count(ctx, v, models.ActivityList, by))(t).N), "filter": strings.Join(names, ", "),
	}
}

func TestTheLogOfAnAdminOfOnePanelHasNoLineAboutStaffOfOtherPanels(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.change(t, o.admin, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{o.first.ID}})
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.first.ID, o.last.ID}})
	anna := modelstest.Viewer(t, o.db, "anna")
	if err := o.db.RecordDenied(ctx, anna, o.last.ID, "GET /orders/2/9"); err != nil {
		t.Fatal(err)
	}
	if err := o.db.RecordOpen(ctx, anna, models.User{Key: models.Key{PanelID: o.first.ID, ID: 12}, Username: "customer"}); err != nil {
		t.Fatal(err)
	}
	admin := modelstest.Viewer(t, o.db, "admin")
	if got, want := sights(t, o.db, admin, o.anna), map[string]string{
		"list": "login staff.add view.open", "search": "login staff.add view.open", "page of the member": "login staff.add view.open",
		"history of the member": "staff.add", "count": "2", "filter": "anna 2",
	}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("a member of their panel:\ngot  %v\nwant %v", got, want)
	}

	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.last.ID}})
	modelstest.LogIn(t, o.db, "anna")
	if _, err := o.db.LogIn(ctx, "anna", "a wrong phrase", models.Origin{Address: "192.0.2.1", UserAgent: "test"}); err == nil {
		t.Fatal("a wrong password logs in")
	}
	if got, want := sights(t, o.db, admin, o.anna), map[string]string{
		"list": "view.open", "search": "view.open", "page of the member": "view.open", "history of the member": "", "count": "1", "filter": "anna 1",
	}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("a member of another panel, who once opened a customer here:\ngot  %v\nwant %v", got, want)
	}
	if got := sights(t, o.db, o.owner, o.anna)["list"]; got != "denied login login login staff.add staff.change staff.change view.open" {
		t.Errorf("the owner reads %s", got)
	}

	if err := o.db.RemoveMember(ctx, o.owner, o.anna.ID, "anna"); err != nil {
		t.Fatal(err)
	}
	if got := sights(t, o.db, admin, o.anna)["list"]; got != "view.open" {
		t.Errorf("a removed member: the admin reads %s", got)
	}
	if err := o.db.ChangeMember(ctx, o.owner, admin.StaffID, models.MemberInput{Role: models.RoleAdmin, AllPanels: true}); err != nil {
		t.Fatal(err)
	}
	if got := sights(t, o.db, modelstest.Viewer(t, o.db, "admin"), o.anna)["list"]; !strings.Contains(got, "staff.remove") {
		t.Errorf("an admin of all panels reads %s", got)
	}
}

func TestAdminsKeepTheLinesOfTheirOwnActions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(t, o.admin, models.MemberInput{Role: models.RoleAdmin, Panels: []int64{o.first.ID}})
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.first.ID}})
	admin := modelstest.Viewer(t, o.db, "admin")
	if err := o.db.EndMemberSessions(t.Context(), admin, o.anna.ID); err != nil {
		t.Fatal(err)
	}
	o.change(t, o.anna, models.MemberInput{Role: models.RoleAgent, Panels: []int64{o.last.ID}})
	if got := sights(t, o.db, admin, o.anna)["list"]; got != "staff.end_sessions" {
		t.Errorf("the admin reads %q", got)
	}
}
