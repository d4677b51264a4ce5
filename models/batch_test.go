package models_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// resolved returns the result of resolving a text, in one line.
func resolved(t *testing.T, db *models.DB, v models.Viewer, text string, panelID int64, picks ...models.Key) string {
	t.Helper()
	r, err := db.ResolveOrders(t.Context(), v, text, panelID, picks)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var words []string
	for _, o := range r.Orders {
		p, _ := v.Panel(o.PanelID)
		words = append(words, fmt.Sprint(p.ShortCode, " ", o.ID))
	}
	for _, one := range r.Ambiguous {
		words = append(words, fmt.Sprint(one.ID, " on ", len(one.On)))
	}
	for _, one := range r.Missing {
		words = append(words, "no "+one)
	}
	for _, one := range r.Ignored {
		words = append(words, "odd "+one)
	}
	return strings.Join(words, ", ")
}

func TestPastedIDsAreFoundAmbiguousOrMissing(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	mtp := owner.Panels[0].ID
	for text, want := range map[string]string{
		"2 3":                             "MTP 2, MTP 3",
		"594550":                          "594550 on 2",
		"MTP 594550":                      "MTP 594550",
		"mtp-594550, OTHER/594550":        "MTP 594550, OTHER 594550",
		"MTP: 2, 3\n594550":               "MTP 2, MTP 3, 594550 on 2",
		"#2;2\t2":                         "MTP 2",
		"2 MTP-2":                         "MTP 2",
		"404 2":                           "MTP 2, no 404",
		"OTHER 2":                         "no OTHER 2",
		"NONE 594550":                     "no NONE 594550, odd NONE",
		"Order ID: 2":                     "MTP 2",
		"hello":                           "odd hello",
		"99999999999999999999 0 2":        "MTP 2, odd 99999999999999999999, odd 0",
		"MTP other 594550":                "OTHER 594550",
		strings.Repeat("MTP 2 3\n", 1000): "MTP 2, MTP 3",
	} {
		if got := resolved(t, db, owner, text, 0); got != want {
			t.Errorf("%.40q: got %s, want %s", text, got, want)
		}
	}
	if got := resolved(t, db, owner, "594550 2", mtp); got != "MTP 594550, MTP 2" {
		t.Errorf("on a panel: got %s", got)
	}
	if got := resolved(t, db, owner, "594550", 0, models.Key{PanelID: mtp, ID: 594550}); got != "MTP 594550" {
		t.Errorf("picked: got %s", got)
	}
}

func TestIDsOnOtherPanelsAreAsIfTheyWereNot(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	staff := modelstest.Staff(t, db, "oda", models.RoleAgent, false)
	if err := db.ChangeMember(t.Context(), owner, staff.ID, models.MemberInput{Role: models.RoleAgent, Panels: []int64{owner.Panels[0].ID}}); err != nil {
		t.Fatal(err)
	}
	oda := modelstest.Viewer(t, db, "oda")
	other := owner.Panels[1].ID
	for text, want := range map[string]string{
		"594550": "MTP 594550", "OTHER 594550": "no OTHER 594550, odd OTHER", "NONE 594550": "no NONE 594550, odd NONE",
		"OTHER-594550": "no OTHER 594550", "NONE-594550": "no NONE 594550",
	} {
		if got := resolved(t, db, oda, text, 0); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	foreign := models.Key{PanelID: other, ID: 594550}
	if got := resolved(t, db, oda, "594550", other, foreign); got != "no 594550" {
		t.Errorf("on a foreign panel: got %s", got)
	}
	n := models.NewBatch{Key: "k", Kind: models.KindCancel, Confirmed: 1, Orders: []models.Key{foreign}}
	if _, err := db.CreateBatch(t.Context(), oda, n); !errors.As(err, &models.Invalid{}) {
		t.Errorf("got %v, want that nothing can be done to it", err)
	}
	b, err := db.CreateBatch(t.Context(), owner, n)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Batch(t.Context(), oda, b.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a batch on another panel: got %v", err)
	}
	for name, err := range map[string]error{
		"retry":  second(db.RetryBatch(t.Context(), oda, b.ID, "r")),
		"cancel": second(db.CancelBatch(t.Context(), oda, b.ID)),
		"file":   second(db.BatchFile(t.Context(), oda, b.ID)),
	} {
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestABatchNeedsThePermissionOfItsKind(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	n := models.NewBatch{Key: "k", Kind: models.KindCancel, Confirmed: 1, Orders: []models.Key{{PanelID: owner.Panels[0].ID, ID: 2}}}
	owner.Taken, owner.Role = []models.Permission{models.PermOrderCancel}, models.RoleAgent
	if _, err := db.CreateBatch(t.Context(), owner, n); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("got %v", err)
	}
	n.Kind = models.KindReply
	if _, err := db.CreateBatch(t.Context(), owner, n); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("a reply: got %v", err)
	}
}

func TestABatchSentTwiceIsOneAndWhatIsNotConfirmedIsNone(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	db, owner := twoShops(t, url)
	mtp := owner.Panels[0].ID
	n := models.NewBatch{Key: "k", Kind: models.KindCancel, Confirmed: 2, Orders: []models.Key{{PanelID: mtp, ID: 2}, {PanelID: mtp, ID: 3}, {PanelID: mtp, ID: 404}}}
	wrong := n
	wrong.Confirmed = 3
	if _, err := db.CreateBatch(t.Context(), owner, wrong); !errors.As(err, &models.Invalid{}) {
		t.Errorf("three of two were confirmed: got %v", err)
	}
	var all sync.WaitGroup
	ids := make([]int64, 8)
	for i := range ids {
		all.Go(func() {
			b, err := db.CreateBatch(t.Context(), owner, n)
			if err != nil {
				t.Error(err)
			}
			ids[i] = b.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("got batches %v, want one", ids)
		}
	}
	changed := n
	changed.Kind = models.KindRequestCancel
	if _, err := db.CreateBatch(t.Context(), owner, changed); !errors.As(err, &models.Invalid{}) {
		t.Errorf("something else under the same key: got %v", err)
	}
	conn, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var actions, entries int
	if err := conn.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM actions),
		(SELECT count(*) FROM activity WHERE action = 'order.cancel' AND object_ids = '{2,3}')`).Scan(&actions, &entries); err != nil {
		t.Fatal(err)
	}
	if actions != 2 || entries != 1 {
		t.Errorf("got %d actions and %d entries in the log, want 2 and 1 for both orders", actions, entries)
	}
}

func TestWhatWaitsInABatchCanBeCancelledAndCountsAsNoSuccess(t *testing.T) {
	t.Parallel()
	db, owner := twoShops(t, modelstest.URL(t))
	mtp := owner.Panels[0].ID
	b, err := db.CreateBatch(t.Context(), owner, models.NewBatch{Key: "k", Kind: models.KindCancel, Confirmed: 2,
		Orders: []models.Key{{PanelID: mtp, ID: 2}, {PanelID: mtp, ID: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := db.CancelBatch(t.Context(), owner, b.ID); n != 2 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	_, tally, err := db.Batch(t.Context(), owner, b.ID)
	if err != nil || tally.Whole() || tally.Moves() || tally.Groups[models.BatchCancelled] != 2 {
		t.Errorf("got %+v, %v", tally, err)
	}
}
