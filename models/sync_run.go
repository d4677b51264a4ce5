package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// SyncRun is the result of one run of a loop. A run that stopped halfway is "partial", which is no success.
type SyncRun struct {
	bun.BaseModel   `bun:"table:sync_runs,alias:sync_run"`
	ID              int64     `bun:"id,pk,autoincrement"`
	PanelID         int64     `bun:"panel_id"`
	Resource        Resource  `bun:"resource"`
	Loop            Loop      `bun:"loop"`
	StartedAt       time.Time `bun:"started_at"`
	FinishedAt      time.Time `bun:"finished_at"`
	Pages           int       `bun:"pages"`
	Calls           int       `bun:"calls"`
	RowsNew         int       `bun:"rows_new"`
	RowsChanged     int       `bun:"rows_changed"`
	RowsUnchanged   int       `bun:"rows_unchanged"`
	RowsQuarantined int       `bun:"rows_quarantined"`
	Limited         int       `bun:"limited"`
	Outcome         string    `bun:"outcome"`
	ErrorWords      string    `bun:"error_words"`
}

// Add adds one written page to the run.
func (r *SyncRun) Add(w Written) {
	r.Pages++
	r.RowsNew += w.New
	r.RowsChanged += w.Changed
	r.RowsUnchanged += w.Unchanged
}

// Join adds the work of another run to this one.
func (r *SyncRun) Join(other SyncRun) {
	r.Pages += other.Pages
	r.Calls += other.Calls
	r.RowsNew += other.RowsNew
	r.RowsChanged += other.RowsChanged
	r.RowsUnchanged += other.RowsUnchanged
	r.RowsQuarantined += other.RowsQuarantined
	r.Limited += other.Limited
}

// SaveRun appends a run to the history.
func (db *DB) SaveRun(ctx context.Context, r SyncRun) error {
	r.ErrorWords = clip(r.ErrorWords, 500)
	_, err := db.idb.NewInsert().Model(&r).Exec(ctx)
	return err
}

// How long the history of runs is kept. A successful run without changes is of little interest, so it is kept for a
// shorter time.
const (
	runsKept      = 7 * 24 * time.Hour
	emptyRunsKept = time.Hour
)

// PurgeRuns deletes runs that are older than their retention.
func (db *DB) PurgeRuns(ctx context.Context) error {
	_, err := db.idb.NewRaw(`DELETE FROM sync_runs WHERE finished_at < ?0 OR finished_at < ?1 AND outcome = 'ok'
		AND rows_new + rows_changed + rows_quarantined + limited = 0`,
		db.now().Add(-runsKept), db.now().Add(-emptyRunsKept)).Exec(ctx)
	return err
}
