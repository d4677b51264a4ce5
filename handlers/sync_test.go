package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// finish marks a stream as read: its newest rows are present and its next read is due in an hour.
func (s *site) finish(key models.StreamKey) {
	s.t.Helper()
	stream, err := s.db.ClaimStream(s.t.Context(), key, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range stream.Loops {
		l.DueAt = modelstest.Now(s.t).Add(time.Hour)
		if err := s.db.SaveLoop(s.t.Context(), stream, l); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.db.ReleaseStream(s.t.Context(), stream); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) due() string {
	s.t.Helper()
	keys, err := s.db.DueStreams(s.t.Context(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(keys)
}

func TestAResourcesIntervalAndRecordsAreSet(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 3)
	s.get("/settings/sync").expect(t, 200, "Interval (sec)", "Records per fetch", "Currently cached", "Last fetched", "Status", `id="sync-orders"`)
	s.post("/settings/sync", url.Values{"resource": {"orders"}, "interval_seconds": {"7"}, "records_per_fetch": {"321"}}).expect(t, 303)
	got, err := s.db.ResourceSettings(t.Context(), models.Orders)
	if err != nil || got.IntervalSeconds != 7 || got.RecordsPerFetch != 321 {
		t.Errorf("got %+v, %v, want 7 s and 321", got, err)
	}
	s.get("/settings/sync?done=saved").expect(t, 200, `value="321"`, "Saved. The change applies within two seconds.")
}

func TestWhatIsWrongInASettingIsSaidBesideItAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	engine := func(name, value string) url.Values {
		form := url.Values{"calls_per_second": {"4"}, "staff_share": {"30"}, "min_interval_seconds": {"11"},
			"max_interval_seconds": {"1234"}, "lookback_days": {"17"}, "adaptive": {"true"}}
		form.Set(name, value)
		return form
	}
	for name, c := range map[string]struct {
		form url.Values
		want []string
	}{
		"interval":  {url.Values{"resource": {"orders"}, "interval_seconds": {"0"}, "records_per_fetch": {"77"}}, []string{"Use 1 to 86400 seconds.", `value="0"`, `value="77"`, `id="sync-orders-form" open`}},
		"records":   {url.Values{"resource": {"orders"}, "interval_seconds": {"7"}, "records_per_fetch": {"1001"}}, []string{"Use 1 to 1000.", `value="1001"`}},
		"no number": {url.Values{"resource": {"orders"}, "interval_seconds": {"soon"}, "records_per_fetch": {"<b>"}}, []string{"Enter a whole number.", `value="soon"`, `value="&lt;b&gt;"`}},
		"limit":     {engine("calls_per_second", "6"), []string{"at most 5 calls", `value="6"`, `value="1234"`, " checked"}},
		"share":     {engine("staff_share", "81"), []string{"0 to 80 percent", `value="81"`, `value="17"`}},
		"bounds":    {engine("min_interval_seconds", "2000"), []string{"must not be below the minimum"}},
		"retention": {url.Values{"resource": {"orders"}, "retention_days": {"-3"}}, []string{"Enter a whole number.", `value="-3"`}},
		"too long":  {url.Values{"resource": {"orders"}, "retention_days": {"3651"}}, []string{"Use 1 to 3650 days"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.post("/settings/sync", c.form).expect(t, 422, c.want...)
		})
	}
	s.t = t
	s.post("/settings/sync", url.Values{"resource": {"things"}, "interval_seconds": {"7"}, "records_per_fetch": {"5"}}).expect(t, 404)
}

func TestASettingOfRedisThatLosesKeysIsAWarning(t *testing.T) {
	t.Parallel()
	warning := ""
	s := newSite(t, func(c *Config) { c.RedisWarning = func(context.Context) string { return warning } })
	modelstest.Owner(t, s.db)
	s.as("owner")
	if body := s.get("/readyz").Body; body != "ready\n" {
		t.Errorf("without a warning /readyz says %q", body)
	}
	warning = "Redis drops keys."
	if answer := s.get("/readyz"); answer.Status != 200 || answer.Body != "ready\nwarning: Redis drops keys.\n" {
		t.Errorf("with a warning /readyz answers %d %q, want 200 and a line of its own", answer.Status, answer.Body)
	}
	s.get("/settings/sync").expect(t, 200, `role="status">Redis drops keys.</p>`)
}

func TestTheSyncEngineIsSet(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	s.post("/settings/sync", url.Values{"calls_per_second": {"3"}, "staff_share": {"25"}, "min_interval_seconds": {"20"},
		"max_interval_seconds": {"600"}, "lookback_days": {"14"}}).expect(t, 303)
	got, err := s.db.SyncSettings(t.Context())
	if err != nil || got.CallsPerSecond != 3 || got.StaffShare != 25 || got.MinIntervalSeconds != 20 || got.MaxIntervalSeconds != 600 ||
		got.LookbackDays != 14 || got.Adaptive {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAShorterRetentionIsShownBeforeItDeletes(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 12) // in March
	form := url.Values{"resource": {"orders"}, "retention_days": {"30"}}
	page := s.post("/settings/sync", form)
	page.expect(t, 200, "Keep Orders for 30 days?", "MTP", `data-label="Deleted now">12<`, "Stay, still needed", "open report", "Delete 12 rows", `name="confirm" value="yes"`)
	if due, err := s.db.DuePurges(t.Context(), 10); err != nil || len(due) != 0 {
		t.Fatalf("before it was confirmed: got %v, %v, want nothing due", due, err)
	}
	form.Set("confirm", "yes")
	s.post("/settings/sync", form).expect(t, 303)
	due, err := s.db.DuePurges(t.Context(), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("confirmed: got %v, %v, want one due", due, err)
	}
	s.get("/settings/sync").expect(t, 200, "Deleting: 0 of 12; 1 panel to go.", `<progress max="12" value="0"`)
	if _, err := s.db.PurgeOld(t.Context(), due[0], 5); err != nil {
		t.Fatal(err)
	}
	s.poll("/settings/sync", "div#sync-purges", "").expect(t, 200, "Deleting: 5 of 12")
	form.Set("retention_days", "")
	form.Del("confirm")
	s.post("/settings/sync", form).expect(t, 303) // a longer retention needs no confirmation
	if got, err := s.db.ResourceSettings(t.Context(), models.Orders); err != nil || got.RetentionDays != nil {
		t.Errorf("got %v, %v, want for ever", got.RetentionDays, err)
	}
}

func TestTheDailyComparisonIsShown(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3) // in March
	s.get("/settings/sync").expect(t, 200, "Compared with the panels", "Not compared yet")
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, d := range []models.Drift{{Day: day, Seen: 3, Missing: 2, Changed: 1}, {Day: day.AddDate(0, -1, 0)}} {
		d.PanelID = panel.ID
		if err := s.db.PutDrift(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	s.get("/settings/sync").expect(t, 200, "1 day differed", "2 days compared.", "Sun 1 Mar 2026</b> Of the day&#39;s orders, 2 were missing here and were added; 1 had changed.")
	if err := s.db.PutDrift(t.Context(), models.Drift{PanelID: panel.ID, Day: day, Seen: 3}); err != nil {
		t.Fatal(err)
	}
	s.get("/settings/sync").expect(t, 200, "Matches the panel", "2 days compared.")
}

func TestSyncNowReadsWhatItNames(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	for _, r := range models.Resources {
		s.finish(models.StreamKey{PanelID: panel.ID, Resource: r})
	}
	s.post("/settings/sync/now", url.Values{"resource": {"users"}, "panel": {pathID(panel.ID)}}).expect(t, 303)
	want := fmt.Sprint([]models.StreamKey{{PanelID: panel.ID, Resource: models.Users}})
	if got := s.due(); got != want || fmt.Sprint(s.woken) != want {
		t.Errorf("due %s, woken %v, want %s", got, s.woken, want)
	}
	s.post("/settings/sync/now", nil).expect(t, 303)
	table := s.get("/settings/sync?done=now", "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#sync-table")
	table.expect(t, 200, "Requested.", `id="sync-orders-panels"`)
	if strings.Contains(table.Body, "Sync engine settings") {
		t.Error("asked for inside the table, the whole page came")
	}
	if got := len(s.woken); got != 1+len(models.Resources) {
		t.Errorf("everything: got %d wake-ups, want one for each resource", got)
	}
	s.post("/settings/sync/now", url.Values{"resource": {"things"}}).expect(t, 404)
}

func TestRereadBeginsTheHistoryAgain(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	key := models.StreamKey{PanelID: panel.ID, Resource: models.Payments}
	s.finish(key)
	s.post("/settings/sync/reread", url.Values{"resource": {"payments"}}).expect(t, 303)
	stream, err := s.db.ClaimStream(t.Context(), key, time.Minute)
	if err != nil {
		t.Fatalf("it is not due: %v", err)
	}
	for _, l := range stream.Loops {
		if l.Loop == models.LoopBackfill && (l.DueAt.IsZero() || l.DueAt.After(modelstest.Now(t)) || string(l.Cursor) != "{}") {
			t.Errorf("got %+v, want a backfill that begins now", l)
		}
	}
}

func TestAnybodyRefreshesWhatTheySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	modelstest.Staff(t, s.db, "blind", models.RoleAgent, false)
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, true)
	for _, r := range models.Resources {
		s.finish(models.StreamKey{PanelID: panel.ID, Resource: r})
	}
	s.as("blind").post("/sync/refresh", url.Values{"section": {"orders"}, "next": {"/orders?q=x"}}).expect(t, 303)
	if len(s.woken) != 0 || s.due() != "[]" {
		t.Errorf("somebody without panels: woken %v, due %s, want nothing", s.woken, s.due())
	}
	answer := s.as("agent").post("/sync/refresh", url.Values{"section": {"orders"}, "next": {"/orders?q=x"}})
	answer.expect(t, 303)
	if got := answer.Header.Get("Location"); got != "/orders?q=x" {
		t.Errorf("it leads to %q, want back to the list", got)
	}
	if want := fmt.Sprint([]models.StreamKey{{PanelID: panel.ID, Resource: models.Orders}}); fmt.Sprint(s.woken) != want {
		t.Errorf("woken: got %v, want %s", s.woken, want)
	}
	s.post("/sync/refresh", url.Values{"section": {"home"}}, "HX-Request", "true").expect(t, 200, `id="freshness"`, "Asked just now")
	if got := len(s.woken); got != 1+4 {
		t.Errorf("the overview: got %d wake-ups, want 4 more", got-1)
	}
}

func TestOnlyThoseWhoManageChangeTheSync(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, true)
	s.as("agent")
	for path, form := range map[string]url.Values{
		"/settings/sync":        {"resource": {"orders"}, "interval_seconds": {"7"}, "records_per_fetch": {"5"}},
		"/settings/sync/now":    nil,
		"/settings/sync/reread": nil,
	} {
		s.post(path, form).expect(t, 403)
	}
	s.post("/settings/sync", url.Values{"resource": {"orders"}, "retention_days": {"1"}, "confirm": {"yes"}}).expect(t, 403)
	s.get("/settings/sync").expect(t, 403)
}

func TestAStreamSaysWhyItIsStale(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 14, 2, 0, 0, time.UTC)
	fresh := models.SyncStatus{Resource: models.Orders, Interval: 10 * time.Second, LastSuccessAt: now, Backfilled: true}
	for want, change := range map[string]func(*models.SyncStatus){
		"Up to date: ":                     func(*models.SyncStatus) {},
		"Paused: The panel is paused.":     func(s *models.SyncStatus) { s.PanelPaused = true },
		"Needs key: Key refused at 14:02.": func(s *models.SyncStatus) { s.KeyRefusedAt = now },
		"Needs key: Key refused at 14:02. One test call runs in 31 seconds, at 14:02:30.": func(s *models.SyncStatus) {
			s.KeyRefusedAt, s.ProbeAt = now, now.Add(30*time.Second)
		},
		"Waiting: The panel asks for fewer calls. Next try in 4 seconds, at 14:02:03.": func(s *models.SyncStatus) {
			s.ErrorClass, s.ErrorWords, s.RetryAt = "limited", "429", now.Add(3*time.Second)
		},
		"Failing: Down since 14:01. No answer. Next try in 4 seconds, at 14:02:03.": func(s *models.SyncStatus) {
			s.ErrorClass, s.ErrorWords, s.RetryAt, s.LastSuccessAt = "down", "No answer", now.Add(3*time.Second), now.Add(-time.Minute)
		},
		"Failing: Not JSON. Last read at 14:02:00. Next try in 4 seconds, at 14:02:03.": func(s *models.SyncStatus) {
			s.ErrorClass, s.ErrorWords, s.RetryAt = "shape", "Not JSON", now.Add(3*time.Second)
		},
		"Partly read: 3 of the newest 100 orders cannot be read.": func(s *models.SyncStatus) {
			s.Trouble = "3 of the newest 100 orders cannot be read."
		},
		"Behind: Not read since 13:00:00; waiting for rate limit, 3 s.": func(s *models.SyncStatus) {
			s.LastSuccessAt, s.TurnAt = now.Add(-62*time.Minute), now.Add(2900*time.Millisecond)
		},
		"Behind: Not read since 13:00:00; the worker is reading it now.": func(s *models.SyncStatus) {
			s.LastSuccessAt, s.Status = now.Add(-62*time.Minute), models.StreamRunning
		},
		"Behind: Not read since 13:00:00; no worker has read it. Check that a worker runs.": func(s *models.SyncStatus) {
			s.LastSuccessAt = now.Add(-62 * time.Minute)
		},
		"First read: Waiting for rate limit, 1 s.": func(s *models.SyncStatus) {
			s.LastSuccessAt, s.TurnAt = time.Time{}, now.Add(time.Second)
		},
		"Reading history: New records are up to date; backfill 62 %.": func(s *models.SyncStatus) {
			s.Backfilled = false
			s.BackfillCursor = []byte(`{"offset":990,"read":1000,"ascending":true,"first":1000,"at":1620,"until":2000}`)
		},
	} {
		s := fresh
		change(&s)
		state, words := streamState(s, now, time.UTC)
		if got := state.Label + ": " + words; got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestTheBudgetShowsWhoSpentTheCalls(t *testing.T) {
	t.Parallel()
	uses := []jobs.LaneUse{{Lane: jobs.LaneStaff, Calls: make([]int, jobs.CountBuckets)}, {Lane: jobs.LaneHead, Calls: make([]int, jobs.CountBuckets)}}
	uses[0].Calls[29], uses[1].Calls[29] = 5, 20
	var b syncBudget
	b.draw(uses, 5)
	want := []budgetBar{{"hue-indigo", "291", "100.0", "10.0"}, {"hue-green", "291", "60.0", "40.0"}}
	if fmt.Sprint(b.Bars) != fmt.Sprint(want) {
		t.Errorf("got %v, want staff at the bottom and head on it: %v", b.Bars, want)
	}
	if !strings.HasPrefix(b.Words, "25 calls in five minutes, 0.1 a second") || b.Lanes[1].Calls != "20" || b.Lanes[1].Share != "1.3 %" {
		t.Errorf("got %q and %+v", b.Words, b.Lanes)
	}
}

func TestTheBudgetIsOnlyOfPanelsThatOneMaySee(t *testing.T) {
	t.Parallel()
	asked := int64(0)
	s := newSite(t, func(c *Config) {
		budget := c.Budget
		c.Budget = func(ctx context.Context, id int64) ([]jobs.LaneUse, error) {
			asked = id
			return budget(ctx, id)
		}
	})
	owner := modelstest.Owner(t, s.db)
	panel := modelstest.Panel(t, s.db, owner, "MTP", "https://mtp.example")
	s.as("owner").get("/settings/sync?budget=999").expect(t, 200, "API usage", "New records")
	if asked != panel.ID {
		t.Errorf("the calls of panel %d were asked for, want those of %d", asked, panel.ID)
	}
	modelstest.Staff(t, s.db, "blind", models.RoleAdmin, false)
	asked = 0
	s.as("blind").get("/settings/sync?budget="+pathID(panel.ID)).expect(t, 200)
	if asked != 0 {
		t.Error("the calls of a foreign panel were asked for")
	}
}

func TestSyncNowSaysWhyAPanelCannotBeReadAndWhatItDoes(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	asked := func() answer {
		t.Helper()
		return s.get(s.post("/settings/sync/now", url.Values{"panel": {pathID(panel.ID)}}).Header.Get("Location"))
	}
	access, err := s.db.PanelAccess(t.Context(), panel.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.MarkKeyRefused(t.Context(), access, modelstest.Now(t).Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	asked().expect(t, 200, "MTP refused its key: the worker tries the key now with one call")
	if due, err := s.db.PanelsToProbe(t.Context()); err != nil || len(due) != 1 {
		t.Errorf("got %v, %v to probe, want the panel", due, err)
	}
	s.get("/orders").expect(t, 200, "The orders cannot be read", "MTP: Key refused at", "One test call runs now.")
	if err := s.db.PausePanel(t.Context(), modelstest.Viewer(t, s.db, "owner"), panel.ID); err != nil {
		t.Fatal(err)
	}
	asked().expect(t, 200, "MTP is paused: the worker reads nothing until somebody resumes the panel.")
}

func TestAStoppedHistoryIsReadOnByAButton(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	key := models.StreamKey{PanelID: panel.ID, Resource: models.Orders}
	s.finish(key)
	stream, err := s.db.ClaimStream(t.Context(), key, time.Minute)
	if errors.Is(err, models.ErrBusy) {
		t.Fatal("the stream is taken")
	}
	for _, l := range stream.Loops {
		if l.Loop == models.LoopBackfill {
			l.DueAt, l.Cursor = time.Time{}, []byte(`{"offset":52000,"read":52000,"stopped":"it never ends"}`)
			l.Trouble = `The worker stopped reading the history after 52000 orders: it never ends. If that is right, press "Read on".`
			if err := s.db.SaveLoop(t.Context(), stream, l); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.db.ReleaseStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	s.get("/settings/sync").expect(t, 200, "Partly read", "The worker stopped reading the history after 52000 orders", "/settings/sync/history", "Read on")
	s.post("/settings/sync/history", url.Values{"resource": {"orders"}, "panel": {pathID(panel.ID)}}).expect(t, 303)
	after := s.get("/settings/sync?done=read-on")
	after.expect(t, 200, "The worker continues the history")
	if strings.Contains(after.Body, "/settings/sync/history") {
		t.Error("the button is still there")
	}
}
