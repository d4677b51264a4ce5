package models

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Quarantined is a panel's record that the mirror cannot store: it has no id, or PostgreSQL refused it. For a refused
// one Hash is RecordHash of the whole record, and Raw may hold only its beginning; otherwise Hash is 0.
type Quarantined struct {
	bun.BaseModel `bun:"table:quarantine,alias:quarantine"`
	PanelID       int64     `bun:"panel_id,pk"`
	Resource      Resource  `bun:"resource,pk"`
	Record        string    `bun:"record,pk"`
	Raw           []byte    `bun:"raw"`
	Hash          int64     `bun:"hash"`
	Reason        string    `bun:"reason"`
	FirstAt       time.Time `bun:"first_at"`
	LastAt        time.Time `bun:"last_at"`
}

// readerVersion must be raised when a newer program may be able to store records that an older one quarantined.
const readerVersion = 1

// RecordHash returns a hash that differs for a changed record, and for a newer program that may be able to read the
// record.
func RecordHash(raw []byte) int64 { return hashOf(raw, readerVersion) }

// Quarantine stores quarantined records; a known one is updated instead of stored twice.
func (db *DB) Quarantine(ctx context.Context, records []Quarantined) error {
	if len(records) == 0 {
		return nil
	}
	unique := map[string]Quarantined{}
	for _, r := range records {
		r.Record, r.Reason, r.FirstAt, r.LastAt = clip(r.Record, 100), clip(r.Reason, 500), db.now(), db.now()
		unique[r.Record] = r
	}
	records = records[:0:0]
	for _, r := range unique {
		records = append(records, r)
	}
	_, err := db.idb.NewInsert().Model(&records).On("CONFLICT (panel_id, resource, record) DO UPDATE").Set("raw = EXCLUDED.raw").
		Set("hash = EXCLUDED.hash").Set("reason = EXCLUDED.reason").Set("last_at = EXCLUDED.last_at").Exec(ctx)
	return err
}

// AsideRecords returns up to n of the quarantined records on the viewer's panels without their content, the latest
// first, and their total number.
func (db *DB) AsideRecords(ctx context.Context, v Viewer, n int) (records []Quarantined, total int64, err error) {
	if !v.Can(PermManage) {
		return nil, 0, ErrNotAllowed
	}
	total, err = db.idb.NewSelect().Model(&records).ExcludeColumn("raw").Where("panel_id = ANY(?::bigint[])", bigints(v.Scope(nil))).
		OrderExpr("last_at DESC, panel_id, resource, record").Limit(int64(n)).ScanAndCount(ctx)
	return records, total, err
}

// AsideRecord returns one quarantined record.
func (db *DB) AsideRecord(ctx context.Context, v Viewer, panelID int64, r Resource, record string) (q Quarantined, err error) {
	if !v.Can(PermManage) {
		return q, ErrNotAllowed
	}
	err = db.idb.NewSelect().Model(&q).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("resource = ? AND record = ?", r, record).Scan(ctx)
	return q, notFound(err)
}
