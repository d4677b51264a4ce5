package models_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// sparsely stores orders of a panel, one per page of the table, so that a few orders make a large table.
func sparsely(t *testing.T, db *models.DB, url string, panelID int64, n int) {
	t.Helper()
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.ExecContext(t.Context(), "ALTER TABLE orders SET (fillfactor = 10)"); err != nil {
		t.Fatal(err)
	}
	rows := make([]models.Order, n)
	for i := range rows {
		rows[i] = modelstest.Order(panelID, int64(i+1), func(o *models.Order) { o.UserName = fmt.Sprintf("%0400d", i) })
	}
	modelstest.PutOrders(t, db, panelID, rows...)
}

func TestAllCountsOfARequestShareOneTime(t *testing.T) {
	t.Parallel()
	url, now := modelstest.URL(t), modelstest.Now(t)
	db := modelstest.OpenAt(t, url, func() time.Time { return now })
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	q := parse(t, models.OrderList, "mode=auto&service=171&status=in_progress")

	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1))
	request := db.Counting()
	now = now.Add(models.CountTime)
	if n, tabs, err := request.Counts(t.Context(), owner, models.OrderList, q); err != nil || n != (models.Count{N: 1}) || tabs[0].Count.N != 1 {
		t.Errorf("a small table after the time: %+v, %+v, %v, want it counted all the same", n, tabs, err)
	}

	sparsely(t, db, url, p.ID, 2500)
	request = db.Counting()
	now = now.Add(models.CountTime)
	if n, tabs, err := request.Counts(t.Context(), owner, models.OrderList, q); err != nil || !n.About || !tabs[0].Count.About {
		t.Errorf("a large table after the time: %+v, %+v, %v, want estimates", n, tabs, err)
	}
	if n, err := request.Counting().Count(t.Context(), owner, models.OrderList, q); err != nil || !n.About {
		t.Errorf("one more count of the same request: %+v, %v, want an estimate", n, err)
	}
	if options, err := request.Options(t.Context(), owner, models.OrderList, q, models.OrderList.Filters[4], ""); err != nil || len(options) != 1 || !options[0].More {
		t.Errorf("a picker of the same request: %+v, %v, want what there is without numbers", options, err)
	}
}
