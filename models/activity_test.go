package models_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// raw runs a statement with the program's own role, like an attacker who has its connection.
func raw(t *testing.T, url, statement string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), statement, args...)
	return err
}

func rawText(t *testing.T, url, query string) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

const wholeLog = "SELECT coalesce(string_agg(activity::text, E'\\n' ORDER BY id), '') FROM activity"

func activityDB(t *testing.T, url string) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), url, modelstest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// activityOf returns a viewer's log, the newest first.
func activityOf(t testing.TB, db *models.DB, v models.Viewer, query string) []models.Activity {
	t.Helper()
	page, err := db.Activities(t.Context(), v, parse(t, models.ActivityList, query))
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func TestTheDatabaseItselfRefusesToRewriteTheActivity(t *testing.T) {
	modelstest.RealClock(t) // the database enforces retention by its own clock
	address := modelstest.URL(t)
	db := activityDB(t, address)
	modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	before := rawText(t, address, wholeLog)
	if !strings.Contains(before, "panel.add") {
		t.Fatalf("the log holds %q, want that a panel was added", before)
	}

	for _, statement := range []string{
		"UPDATE activity SET username = 'somebody else'", "UPDATE activity SET result = 'ok' WHERE false",
		"DELETE FROM activity", "DELETE FROM activity WHERE at < now() + interval '1 day'", "TRUNCATE activity", "TRUNCATE activity CASCADE",
		"INSERT INTO activity OVERRIDING SYSTEM VALUE SELECT * FROM activity ON CONFLICT (id) DO UPDATE SET at = now()",
		"SET session_replication_role = 'replica'; DELETE FROM activity",
		"UPDATE activity_settings SET retention_days = 0", "UPDATE activity_settings SET retention_days = 30; DELETE FROM activity",
		"UPDATE activity_settings SET retention_days = NULL; DELETE FROM activity",
		"CREATE TEMP TABLE activity_settings AS SELECT -1 AS retention_days; DELETE FROM activity",
		"DELETE FROM activity_settings; DELETE FROM activity", "TRUNCATE activity_settings; DELETE FROM activity",
	} {
		if err := raw(t, address, statement); err == nil {
			t.Errorf("%s: went through", statement)
		} else if strings.Contains(err.Error(), "syntax") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if after := rawText(t, address, wholeLog); after != before {
		t.Errorf("the log is\n%s\nand was\n%s", after, before)
	}
}

func TestTheActivityStandsAndFallsWithItsChange(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	db := activityDB(t, address)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	before := rawText(t, address, wholeLog)

	undone := errors.New("undone")
	err := db.Tx(t.Context(), func(db *models.DB) error { return errors.Join(db.PausePanel(t.Context(), owner, p.ID), undone) })
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if err := db.RemovePanel(t.Context(), owner, p.ID, "wrong"); err == nil {
		t.Error("a wrong confirmation removes the panel")
	}
	if err := db.PausePanel(t.Context(), owner, 999); err == nil {
		t.Error("a panel that is not there is paused")
	}
	if after := rawText(t, address, wholeLog); after != before {
		t.Errorf("what did not happen is in the log:\n%s", after)
	}
}

// TestEverySettingIsRecordedWithOldAndNew changes every setting and checks its log entry.
func TestEverySettingIsRecordedWithOldAndNew(t *testing.T) {
	t.Parallel()
	const canary = "canary-key-that-nobody-sees-7788"
	address := modelstest.URL(t)
	db, ctx := activityDB(t, address), t.Context()
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	owner.From = models.Origin{Address: "198.51.100.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
	days := func(n int) *int { return &n }
	in := models.PanelInput{Name: "Beta", ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, AdminAPIKey: canary, ServicesAPIKey: "-"}
	sync, err := db.SyncSettings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sync.CallsPerSecond, sync.Adaptive = 3, false
	user := models.User{Key: models.Key{PanelID: p.ID, ID: 12}, Username: "anna"}
	search := parse(t, models.UserList, "q=anna@example.com")

	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { _, err := db.UpdatePanel(ctx, owner, p.ID, in); return err },
			"Change panel|Name: Alpha → Beta|Admin API key: •••• lpha → •••• 7788|Services API key: •••• lpha → none"},
		{func() error { return db.PausePanel(ctx, owner, p.ID) }, "Pause panel"},
		{func() error { return db.ResumePanel(ctx, owner, p.ID) }, "Resume panel"},
		{func() error { return db.RequestCheck(ctx, owner, p.ID) }, "Test panel"},
		{func() error { return db.SetSyncSettings(ctx, owner, sync) }, "Change sync settings|Calls per second: 5 → 3|Adaptive: on → off"},
		{func() error {
			return db.SetResourceSettings(ctx, owner, models.ResourceSettings{Name: models.Orders, IntervalSeconds: 15, RecordsPerFetch: 100})
		}, "Change sync of a resource|Resource:  → orders|Interval, seconds: 10 → 15"},
		{func() error {
			return db.SetRetention(ctx, owner, models.ResourceSettings{Name: models.Orders, RetentionDays: days(90)})
		},
			"Change retention|Resource:  → orders|Days: for ever → 90"},
		{func() error {
			return db.SetPreferences(ctx, owner, models.Preferences{TimeZone: "Europe/Istanbul", Theme: "dark"})
		}, "Change time zone|Time zone: UTC → Europe/Istanbul"},
		{func() error { return db.SetActivityDays(ctx, owner, days(365)) }, "Change activity retention|Days: 730 → 365"},
		{func() error {
			_, err := db.SyncNow(ctx, owner, nil, []models.Resource{models.Orders})
			return err
		}, "Sync now|What:  → orders"},
		{func() error { return db.Reread(ctx, owner, nil, models.Resources) }, "Re-read everything|What:  → orders, payments, users, tickets, services"},
		{func() error { return db.RecordSearch(ctx, owner, models.UserList, search) }, "Search|List:  → users|Text:  → anna@example.com"},
		{func() error { return db.RecordOpen(ctx, owner, user) }, "View customer|Username:  → anna"},
		{func() error { return db.RecordOpenBeside(ctx, owner, user, 9) }, "View customer|Username:  → anna|Beside ticket:  → 9"},
		{func() error { return db.BeginExport(ctx, owner, models.UserList, search.Whole()) }, "Export|List:  → users|q:  → anna@example.com"},
		{func() error { return db.RecordDenied(ctx, owner, models.NoPanel, "POST /settings/sync") }, "Refused request|Request:  → POST /settings/sync"},
		{func() error { return db.RemovePanel(ctx, owner, p.ID, p.ShortCode) }, "Remove panel|Name: Beta → |URL: https://alpha.example → "},
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
		if last.Username != "owner" || last.StaffID != owner.StaffID || last.Address != "198.51.100.7" || last.Device != "Firefox 128 on Linux" {
			t.Errorf("%s: by %q (%d) from %q with %q", step.want, last.Username, last.StaffID, last.Address, last.Device)
		}
	}
	if text := rawText(t, address, wholeLog); strings.Contains(text, canary) || strings.Contains(text, "key-of-Alpha") {
		t.Errorf("a key is in the log:\n%s", text)
	}
}

// TestNobodyReadsTheActivityOfAnotherPanel stores every kind of row, and reads them by each method as each kind of
// viewer.
func TestNobodyReadsTheActivityOfAnotherPanel(t *testing.T) {
	t.Parallel()
	db, ctx := modelstest.New(t), t.Context()
	modelstest.Owner(t, db)
	mine := modelstest.Panel(t, db, modelstest.Viewer(t, db, "owner"), "Mine", "https://mine.example")
	other := modelstest.Panel(t, db, modelstest.Viewer(t, db, "owner"), "Other", "https://other.example")
	gone := modelstest.Panel(t, db, modelstest.Viewer(t, db, "owner"), "Gone", "https://gone.example")
	owner := modelstest.Viewer(t, db, "owner")
	for _, err := range []error{
		db.PausePanel(ctx, owner, mine.ID), db.PausePanel(ctx, owner, other.ID), db.RemovePanel(ctx, owner, gone.ID, gone.ShortCode),
		db.RecordSearch(ctx, owner, models.OrderList, parse(t, models.OrderList, "q=secretly")),
		db.RecordDenied(ctx, owner, models.NoPanel, "GET /nowhere"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	owner = modelstest.Viewer(t, db, "owner")
	limited := func(name string, role models.Role) models.Viewer {
		modelstest.Staff(t, db, name, role, false)
		v := modelstest.Viewer(t, db, name)
		v.Panels = []models.PanelRef{{ID: mine.ID, Name: "Mine", ShortCode: "MINE"}}
		return v
	}
	admin, agent := limited("admin", models.RoleAdmin), limited("agent", models.RoleAgent)
	if _, err := db.SyncNow(ctx, agent, nil, []models.Resource{models.Orders}); err != nil {
		t.Fatal(err)
	}
	lost := agent
	lost.Panels = nil

	for name, c := range map[string]struct {
		v       models.Viewer
		actions string
	}{
		"an owner sees all": {owner, "denied panel.add panel.add panel.add panel.pause panel.pause panel.remove sync.now view.search"},
		"an admin sees what concerns their panel or none":          {admin, "denied panel.add panel.pause sync.now"},
		"an agent sees their own":                                  {agent, "sync.now"},
		"an agent who lost the panel sees no more of it":           {lost, ""},
		"a panel in the address is one of theirs or gives nothing": {withPanels(admin, mine), "denied panel.add panel.pause sync.now"},
	} {
		var got []string
		for _, r := range activityOf(t, db, c.v, "") {
			if r.Action != models.ActLogIn && r.Action != models.ActAddStaff {
				got = append(got, string(r.Action))
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.actions {
			t.Errorf("%s: got %v, want %s", name, got, c.actions)
		}
	}
	for _, v := range []models.Viewer{admin, agent, lost} {
		for _, query := range []string{fmt.Sprint("panel=", other.ID), "q=other", "q=secretly", "action=panel.remove", fmt.Sprintf("panel=%d&panel=%d", other.ID, gone.ID)} {
			q := parse(t, models.ActivityList, query)
			if rows := activityOf(t, db, v, query); len(rows) > 0 {
				t.Errorf("%s, %s: sees %+v", v.Username, query, rows)
			}
			if n, err := db.Count(ctx, v, models.ActivityList, q); err != nil || n.N != 0 {
				t.Errorf("%s, %s: counts %d, %v", v.Username, query, n.N, err)
			}
		}
		for _, f := range models.ActivityList.Filters {
			options, err := db.Options(ctx, v, models.ActivityList, parse(t, models.ActivityList, ""), f, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range options {
				if o.Value == fmt.Sprint(other.ID) && f.Panel || o.Value == "panel.remove" || o.Value == "view.search" {
					t.Errorf("%s: the filter %s offers %q", v.Username, f.Name, o.Value)
				}
			}
		}
		if rows, err := db.ActivityOn(ctx, v, models.ObjectPanel, models.Key{PanelID: other.ID, ID: other.ID}, 10); err != nil || len(rows) > 0 {
			t.Errorf("%s: beside the other panel %+v, %v", v.Username, rows, err)
		}
	}
	if rows, err := db.ActivityOn(ctx, owner, models.ObjectPanel, models.Key{PanelID: mine.ID, ID: mine.ID}, 10); err != nil || len(rows) != 2 {
		t.Errorf("beside the panel: got %d rows, %v, want that it was added and paused", len(rows), err)
	}
}

func withPanels(v models.Viewer, panels ...models.Panel) models.Viewer {
	v.Panels = nil
	for _, p := range panels {
		v.Panels = append(v.Panels, models.PanelRef{ID: p.ID, Name: p.Name, ShortCode: p.ShortCode})
	}
	return v
}

func TestOthersSearchesAreNotForWhoMayNotSeeEMails(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	if err := db.RecordSearch(t.Context(), owner, models.UserList, parse(t, models.UserList, "q=anna@example.com")); err != nil {
		t.Fatal(err)
	}
	blind := models.Viewer{StaffID: 99, Role: models.RoleAdmin, Taken: []models.Permission{models.PermSeeEmails}, AllPanels: true, Zone: time.UTC}
	for _, query := range []string{"action=view.search", "q=anna@"} {
		if rows := activityOf(t, db, blind, query); len(rows) != 0 {
			t.Errorf("%s: sees %+v", query, rows)
		}
		if rows := activityOf(t, db, owner, query); len(rows) != 1 {
			t.Errorf("%s: who may see e-mails sees %+v", query, rows)
		}
	}
}

func TestOthersAmountsAreNotForWhoMayNotSeeMoney(t *testing.T) {
	t.Parallel()
	a := newOutbox(t)
	a.enqueue(a.owner, a.form("k", models.KindAddPayment))
	blind := models.Viewer{StaffID: 99, Role: models.RoleAdmin, Taken: []models.Permission{models.PermSeeMoney}, AllPanels: true, Panels: a.owner.Panels, Zone: time.UTC}
	for v, want := range map[*models.Viewer]bool{&a.owner: true, &blind: false} {
		rows := activityOf(t, a.db, *v, "action=payment.add")
		rows = append(rows, must(a.db.ActivityOfStaff(t.Context(), *v, a.owner.StaffID, 1))(t)...)
		if len(rows) != 2 {
			t.Fatalf("got %+v, want the payment twice", rows)
		}
		for _, row := range rows {
			if got := strings.Contains(fmt.Sprint(row.Changes), "12.5"); got != want {
				t.Errorf("may see money %v: the changes are %v", want, row.Changes)
			}
		}
	}
	if rows := activityOf(t, a.db, a.owner, "q=12.5"); len(rows) > 0 {
		t.Errorf("an amount can be searched for: %v", rows)
	}
}

func TestOldActivityIsDeletedAndNoOther(t *testing.T) {
	modelstest.RealClock(t) // the database enforces retention by its own clock
	address := modelstest.URL(t)
	db, ctx := activityDB(t, address), t.Context()
	owner := modelstest.Owner(t, db)
	if err := raw(t, address, `INSERT INTO activity (at, staff_id, username, action, panel_id, object, object_ids, changes, address, user_agent, device, result, reason, words)
		SELECT now() - make_interval(days => age), 0, 'old', 'login', 0, '', '{}', '[]', '', '', '', 'ok', '', 'login' FROM generate_series(1, 100) AS age`); err != nil {
		t.Fatal(err)
	}
	left := func() int { return len(activityOf(t, db, owner, "staff=old&per=200")) }
	if n, err := db.PurgeActivity(ctx, 1000); err != nil || n != 0 || left() != 100 {
		t.Errorf("under the first retention: %d deleted, %v, %d left", n, err, left())
	}
	forty, ten := 40, 10
	if err := db.SetActivityDays(ctx, owner, &ten); err == nil {
		t.Error("the log may be kept for 10 days only")
	}
	if err := db.SetActivityDays(ctx, models.Viewer{Role: models.RoleAdmin}, &forty); err != models.ErrNotAllowed {
		t.Errorf("an admin shortens the log: %v", err)
	}
	if err := db.SetActivityDays(ctx, owner, &forty); err != nil {
		t.Fatal(err)
	}
	if err := raw(t, address, "DELETE FROM activity WHERE at < now() - interval '39 days'"); err == nil {
		t.Error("the database deletes what is younger than the retention")
	}
	if n, err := db.PurgeActivity(ctx, 50); err != nil || n != 50 {
		t.Errorf("the first batch: %d, %v, want 50", n, err)
	}
	if n, err := db.PurgeActivity(ctx, 50); err != nil || n != 11 || left() != 39 {
		t.Errorf("the second batch: %d, %v, and %d left, want 11 and 39", n, err, left())
	}
	if err := db.SetActivityDays(ctx, owner, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := db.PurgeActivity(ctx, 50); err != nil || n != 0 {
		t.Errorf("kept for ever: %d deleted, %v", n, err)
	}
}

func TestAnExportReadsEveryRowOnce(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	db := activityDB(t, address)
	owner := modelstest.Owner(t, db)
	if err := raw(t, address, `INSERT INTO activity (at, staff_id, username, action, panel_id, object, object_ids, changes, address, user_agent, device, result, reason, words)
		SELECT now() - make_interval(secs => n / 7), 0, 'many', 'login', 0, '', '{}', '[]', '', '', '', 'ok', '', 'login' FROM generate_series(1, 2500) AS n`); err != nil {
		t.Fatal(err)
	}
	seen := map[int64]int{}
	values, _ := url.ParseQuery("staff=many&after=garbled&per=25")
	q := models.ParseListQuery(models.ActivityList, values, time.UTC, modelstest.Now(t)).Whole()
	for portions := 0; portions < 10; portions++ {
		page, err := db.Activities(t.Context(), owner, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			seen[r.ID]++
		}
		if page.Next == "" {
			break
		}
		q = q.From(models.ActivityList, page.Next)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("row %d was read %d times", id, times)
		}
	}
	if len(seen) != 2500 {
		t.Errorf("got %d rows, want 2500", len(seen))
	}
}
