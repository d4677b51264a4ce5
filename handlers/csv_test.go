package handlers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func readCSV(t testing.TB, text string) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(text, "\uFEFF")
	if !marked {
		t.Error("the file does not say that it is UTF-8")
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v: %.500s", err, text)
	}
	return records
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "anna": "anna", "-5.00": "-5.00", "+3": "+3", "1e5": "1e5", "3-4": "3-4", "a=b": "a=b",
		"=1+1": "'=1+1", "+1+1": "'+1+1", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
		" =1": "' =1", "\u200b=1": "'\u200b=1", "\ufeff=1": "'\ufeff=1", "\u00a0@x": "'\u00a0@x", "＝1": "'＝1", "＠x": "'＠x",
		`=HYPERLINK("https://evil.example","x")`: `'=HYPERLINK("https://evil.example","x")`, "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
		"\tx": "'\tx", "--1": "'--1", "-": "'-",
	} {
		if got := defused(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTheActivityIsExportedWholeAndSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	p, err := s.db.CreatePanel(t.Context(), owner, models.PanelInput{Name: `=HYPERLINK("https://evil.example")`, ShortCode: "EVIL",
		URL: "https://evil.example", AdminAPIKey: "a-key-that-is-long-enough"})
	if err != nil {
		t.Fatal(err)
	}
	owner = modelstest.Viewer(t, s.db, "owner")
	const each = 600 // more than one portion, on both panels together
	for range each {
		if err := s.db.PausePanel(t.Context(), owner, p.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.db.ResumePanel(t.Context(), owner, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	s.as("owner")
	file := s.get("/activity.csv?action=panel.pause&action=panel.resume&per=25&bom=1")
	file.expect(t, 200)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="activity-`) {
		t.Errorf("Content-Disposition: %s", got)
	}
	records := readCSV(t, file.Body)
	if len(records) != 2*each+1 {
		t.Errorf("got %d lines, want %d and their heads", len(records), 2*each)
	}
	for _, record := range records[1:] {
		if record[4] != `'=HYPERLINK("https://evil.example")` {
			t.Fatalf("a formula is left: %q", record)
		}
	}
	s.get("/activity?action=export").expect(t, 200, "Export", "panel.pause, panel.resume", "Rows:", "1200")
}

func TestWhoMayNotExportGetsNothingAndIsNoted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Owner(t, s.db)
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, true)
	s.as("agent").get("/activity.csv").expect(t, 403)
	if page := s.get("/activity"); strings.Contains(page.Body, "Export CSV") {
		t.Error("an export is offered to who may not")
	}
	s.as("owner").get("/activity?result=refused").expect(t, 200, "GET /activity.csv", "agent")
	s.cookie = ""
	s.get("/activity.csv").expect(t, 303)
}

// TestAnExportEndsWhenTheRightDoes revokes the right while the third portion is read.
func TestAnExportEndsWhenTheRightDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	admin := modelstest.Staff(t, s.db, "admin", models.RoleAdmin, true)
	token := modelstest.LogIn(t, s.db, "admin")
	v, _, err := s.db.ViewerOf(t.Context(), token, true)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{Config: Config{DB: s.db, Log: (&lines{}).logger(), Feed: s.feed}, sessions: newSessionCache(modelstest.Clock(t))}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	q := models.ParseListQuery(models.ActivityList, url.Values{}, time.UTC, modelstest.Now(t)).Whole()
	portions := 0
	e := export[models.Activity]{app: a, token: token, conn: here, cells: (*app).activityCells,
		listing: listing{def: models.ActivityList, viewer: v, query: q},
		read: func(ctx context.Context, v models.Viewer, _ models.ListQuery) (models.Page[models.Activity], error) {
			if portions++; portions == 3 {
				in := models.MemberInput{Role: models.RoleAdmin, AllPanels: true, Taken: []models.Permission{models.PermExport}}
				if err := s.db.ChangeMember(ctx, owner, admin.ID, in); err != nil {
					return models.Page[models.Activity]{}, err
				}
				if err := s.versions.Bump(ctx, sessionKeys...); err != nil {
					return models.Page[models.Activity]{}, err
				}
				s.feed.Reread(ctx)
			}
			return models.Page[models.Activity]{Rows: make([]models.Activity, 1), Next: "more"}, nil
		}}
	var file bytes.Buffer
	e.send(t.Context(), bufio.NewWriter(&file), []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
	if portions != 3 || !strings.HasSuffix(file.String(), exportRightGone+"\r\n") {
		t.Errorf("%d portions were read, and the file ends with %.200q", portions, file.String()[max(0, file.Len()-200):])
	}
	log, err := s.db.Activities(t.Context(), owner, models.ParseListQuery(models.ActivityList, url.Values{"action": {"export"}}, time.UTC, modelstest.Now(t)))
	if err != nil || len(log.Rows) != 1 || log.Rows[0].Result != models.Failed || !strings.Contains(changeWords(log.Rows[0].Changes), "Rows before it stopped: 3") {
		t.Errorf("the log says %+v, %v", log.Rows, err)
	}
}

func TestAnExportThatFailsSaysThatItIsNotWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Owner(t, s.db)
	token := modelstest.LogIn(t, s.db, "owner")
	v, _, err := s.db.ViewerOf(t.Context(), token, true)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{Config: Config{DB: s.db, Log: (&lines{}).logger(), Feed: s.feed}, sessions: newSessionCache(modelstest.Clock(t))}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	e := export[models.Activity]{app: a, token: token, conn: here, listing: listing{def: models.ActivityList, viewer: v},
		read: func(context.Context, models.Viewer, models.ListQuery) (models.Page[models.Activity], error) {
			panic("a row that nobody foresaw")
		}}
	var file bytes.Buffer
	e.send(t.Context(), bufio.NewWriter(&file), nil)
	if !strings.Contains(file.String(), exportFailed) {
		t.Errorf("the file is %q", file.String())
	}
}
