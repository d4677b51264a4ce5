package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// checked runs the connection test of a panel and returns its words by probe.
func (b *bench) checked(s shop) map[string]string {
	b.Helper()
	b.clock.turn(time.Second)
	if err := b.db.RequestCheck(b.Context(), b.owner, s.id); err != nil {
		b.Fatal(err)
	}
	if err := b.worker.checkPanel(b.Context(), target{PanelID: s.id}); err != nil {
		b.Fatal(err)
	}
	p := must(b.db.ManagedPanel(b.Context(), b.owner, s.id))(b)
	if p.Checking() {
		b.Error("the panel still counts as being checked")
	}
	lines := map[string]string{}
	for _, l := range p.CheckLines {
		lines[l.What] = l.Words
		if l.OK != (l.Words == "Can be read.") {
			b.Errorf("%s: OK is %v with the words %q", l.What, l.OK, l.Words)
		}
	}
	return lines
}

func TestAConnectionTestSaysWhatWorks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 10)
	before := len(s.Orders())
	all := map[string]string{"Orders": "Can be read.", "Users": "Can be read.", "Payments": "Can be read.",
		"Tickets": "Can be read.", "Services": "Can be read."}
	same(t, "a good panel", b.checked(s), all)
	for _, c := range s.Calls() {
		if c.Method == "POST" && c.Path != "/api/v2" {
			t.Errorf("the test wrote to %s", c.Path)
		}
	}
	if len(s.Orders()) != before {
		t.Error("the test changed the panel")
	}
	s.Fail(sim.Fault{Kind: sim.Unauthorized, Path: "/adminapi/v2/payments"})
	all["Payments"] = "The panel refused the key (401): Unauthorized."
	same(t, "a key without a right", b.checked(s), all)
}

func TestAConnectionTestSettlesWhetherTheKeyIsGood(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 10)
	refused := func() bool {
		return b.count("SELECT count(*) FROM panels WHERE key_refused_at IS NOT NULL") == 1
	}
	s.SetKey("another")
	b.checked(s)
	if !refused() {
		t.Error("the key is refused everywhere and the panel goes on")
	}
	if due := must(b.db.DueStreams(t.Context(), 10))(t); len(due) != 0 {
		t.Errorf("got %v due while the key is refused, want none", due)
	}
	s.SetKey("admin-key-of-alpha")
	b.checked(s)
	if refused() {
		t.Error("the key works again and the panel still waits for one")
	}
	b.sync()
	b.wantMirror(s)
}

func TestAConnectionTestOfADeadPanelEndsSoon(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.shop("alpha", 10)
	s.Fail(sim.Fault{Kind: sim.HTML502})
	lines := b.checked(s)
	if len(lines) != 2 || lines["Orders"] == "" {
		t.Errorf("got %v, want Orders and Services only", lines)
	}
}

func TestANewPanelIsTestedAndSyncedByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start(onRunningClock(b))
	s := b.shop("alpha", 50)
	eventually(t, "the test ends", func() bool {
		return !must(b.db.ManagedPanel(t.Context(), b.owner, s.id))(t).Checking()
	})
	eventually(t, "orders arrive", func() bool { return b.count("SELECT count(*) FROM orders") == 50 })
	eventually(t, "the pages learn of it", func() bool {
		versions := must(b.client.HGetAll(t.Context(), versionsKey).Result())(t)
		return versions[PanelsVersion] != "" && versions[SyncVersion] != "" && versions[ResourceVersion(s.id, models.Orders)] != ""
	})
}

func TestCheckPanelURL(t *testing.T) {
	t.Parallel()
	got, err := CheckPanelURL("https://Shop.Example/admin/adminapi/v2/", false)
	if err != nil || got != "https://shop.example" {
		t.Errorf("got %q, %v; want https://shop.example", got, err)
	}
	if _, err := CheckPanelURL("http://127.0.0.1", false); err == nil {
		t.Error("a private address was taken")
	}
}
