package models_test

import (
	"encoding/json"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestUnchangedRowsAreNotRewritten(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	rows := []models.Order{modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 2)}

	if got := modelstest.PutOrders(t, db, p.ID, rows...); got != (models.Written{New: 2}) {
		t.Errorf("first: got %+v, want 2 new", got)
	}
	owner := modelstest.Viewer(t, db, "owner")
	before, err := db.Order(t.Context(), owner, models.Key{PanelID: p.ID, ID: 1})
	if err != nil {
		t.Fatal(err)
	}
	changed := modelstest.Order(p.ID, 2, func(o *models.Order) { o.Status = "completed" })
	if got := modelstest.PutOrders(t, db, p.ID, rows[0], changed, changed); got != (models.Written{Changed: 1, Unchanged: 1}) {
		t.Errorf("again: got %+v, want 1 changed, 1 unchanged", got)
	}
	after, err := db.Order(t.Context(), owner, models.Key{PanelID: p.ID, ID: 1})
	if err != nil || !after.ChangedAt.Equal(before.ChangedAt) || !after.FetchedAt.Equal(before.FetchedAt) {
		t.Errorf("the unchanged row was rewritten: %v", err)
	}
	if !after.Charge.Decimal.Equal(rows[0].Charge.Decimal) || *after.StartCount != 1200 || !after.CreatedAt.Equal(rows[0].CreatedAt) || after.Link != rows[0].Link {
		t.Errorf("got %+v, want what was put", after)
	}
}

func TestAnOlderAnswerNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	now := modelstest.Now(t)
	put := func(status string, at time.Time) models.Written {
		row := modelstest.Order(p.ID, 1, func(o *models.Order) { o.Status = status })
		w, err := db.PutOrders(t.Context(), p.ID, []models.Order{row}, at)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	put("completed", now)
	if got := put("pending", now.Add(-time.Second)); got != (models.Written{Late: 1}) {
		t.Errorf("got %+v, want 1 late", got)
	}
	o, err := db.Order(t.Context(), owner, models.Key{PanelID: p.ID, ID: 1})
	if err != nil || o.Status != "completed" {
		t.Errorf("got %q, %v, want completed", o.Status, err)
	}
}

func TestCachedCountsTheRows(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 2))
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 2), modelstest.Order(p.ID, 3))
	statuses, err := db.SyncStatuses(t.Context(), modelstest.Viewer(t, db, "owner"), nil)
	if err != nil || len(statuses) != 5 {
		t.Fatalf("got %d streams, %v, want 5", len(statuses), err)
	}
	if statuses[0].Resource != models.Orders || statuses[0].Cached != 3 {
		t.Errorf("got %d %s cached, want 3 orders", statuses[0].Cached, statuses[0].Resource)
	}
}

func TestServicesThatLeftTheListAreGone(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	service := func(id int64) models.Service {
		return models.Service{Key: models.Key{PanelID: p.ID, ID: id}, Position: int(id), Name: "Likes",
			Mirrored: models.Mirrored{Raw: []byte(`{"service":1}`)}}
	}
	put := func(bad int, rows ...models.Service) {
		if _, err := db.PutServices(t.Context(), p.ID, rows, bad, modelstest.Now(t)); err != nil {
			t.Fatal(err)
		}
	}
	listed := func() int {
		page, err := db.Services(t.Context(), owner, parse(t, models.ServiceList, ""))
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Rows)
	}
	put(0, service(1), service(2))
	put(1, service(1)) // one record was unreadable: it may be the missing one
	if got := listed(); got != 2 {
		t.Errorf("after a partial list: %d services, want 2", got)
	}
	put(0, service(1))
	if got := listed(); got != 1 {
		t.Errorf("after a whole list without it: %d services, want 1", got)
	}
	moved := service(1)
	moved.Position = 3
	put(0, moved, service(2))
	if page, err := db.Services(t.Context(), owner, parse(t, models.ServiceList, "")); err != nil || page.Rows[0].ID != 2 {
		t.Errorf("a service that moved down is still first: %v", err)
	}
	if got := listed(); got != 2 {
		t.Errorf("after it came back: %d services, want 2", got)
	}
}

func TestServicesStandInThePanelsOrder(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	put := func(ids ...int64) models.Written {
		var rows []models.Service
		for position, id := range ids {
			rows = append(rows, models.Service{Key: models.Key{PanelID: p.ID, ID: id}, Position: position,
				Mirrored: models.Mirrored{Raw: []byte(`{"service":1}`)}})
		}
		w, err := db.PutServices(t.Context(), p.ID, rows, 0, modelstest.Now(t))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	put(1, 2, 3)
	if got := put(3, 2, 1); got != (models.Written{Changed: 2, Unchanged: 1}) {
		t.Errorf("after two changed places: got %+v, want 2 changed", got)
	}
	page, err := db.Services(t.Context(), owner, parse(t, models.ServiceList, ""))
	if err != nil || len(page.Rows) != 3 || page.Rows[0].ID != 3 || page.Rows[2].ID != 1 {
		t.Errorf("got %v, %v, want 3 2 1", page.Rows, err)
	}
	if got := put(3, 2, 1); got != (models.Written{Unchanged: 3}) {
		t.Errorf("the same again: got %+v, want 3 unchanged", got)
	}
}

func TestARowThatAnotherTransactionAddedMeanwhileIsChanged(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	db := openAt(t, url)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	now := modelstest.Now(t)
	put := func(db *models.DB, status string, fetchedAt time.Time, ids ...int64) models.Written {
		var rows []models.Order
		for _, id := range ids {
			rows = append(rows, modelstest.Order(p.ID, id, func(o *models.Order) { o.Status = status }))
		}
		w, err := db.PutOrders(t.Context(), p.ID, rows, fetchedAt)
		if err != nil {
			t.Error(err)
		}
		return w
	}
	second := make(chan models.Written)
	err := db.Tx(t.Context(), func(tx *models.DB) error {
		put(tx, "pending", now, 1)
		go func() { second <- put(db, "completed", now.Add(time.Second), 1, 2) }()
		awaitLock(t, url) // the second saw no row 1 and now waits to insert it
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-second; got != (models.Written{New: 1, Changed: 1}) {
		t.Errorf("got %+v, want 1 new, 1 changed", got)
	}
	owner := modelstest.Viewer(t, db, "owner")
	if o, err := db.Order(t.Context(), owner, models.Key{PanelID: p.ID, ID: 1}); err != nil || o.Status != "completed" {
		t.Errorf("got %q, %v, want completed", o.Status, err)
	}
	if statuses, err := db.SyncStatuses(t.Context(), owner, nil); err != nil || statuses[0].Cached != 2 {
		t.Errorf("got %d cached, %v, want 2", statuses[0].Cached, err)
	}
}

func openAt(t *testing.T, url string) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), url, modelstest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestWhatTheMirrorHoldsIsToldByItsBytes(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	same, other := modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 2)
	modelstest.PutOrders(t, db, p.ID, same, other)
	raws := []json.RawMessage{same.Raw, []byte(`{"id": 2}`), same.Raw}
	got, err := db.Unchanged(t.Context(), models.StreamKey{PanelID: p.ID, Resource: models.Orders}, []int64{1, 2, 3}, raws)
	if err != nil || len(got) != 1 || !got[0].Equal(same.CreatedAt) {
		t.Errorf("got %v, %v, want order 1 alone, created %v", got, err, same.CreatedAt)
	}
}

func TestRowsAreFoundWhetherTheirIdsAreCloseOrFarApart(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	for _, last := range []int64{5, 5_000_000} {
		modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 3), modelstest.Order(p.ID, last))
		got := modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1), modelstest.Order(p.ID, last-1), modelstest.Order(p.ID, last))
		if want := (models.Written{New: 1, Unchanged: 2}); got != want {
			t.Errorf("1, %d and %d: got %+v, want %+v", last-1, last, got, want)
		}
	}
}
