package models

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/uptrace/bun/schema"
)

// Key identifies a mirrored row: the id is only unique within its panel.
type Key struct {
	PanelID int64 `bun:"panel_id,pk" json:"panel_id"`
	ID      int64 `bun:"id,pk" json:"id"`
}

func (k Key) key() Key { return k }

// OnPanel returns the panel of the row.
func (k Key) OnPanel() int64 { return k.PanelID }

// Mirrored holds the common columns of all mirrored rows. FetchedAt is when the request that returned the row was sent.
// Beside is row data that is not in the record, such as a service's position in the list; it is part of Hash.
type Mirrored struct {
	Raw       json.RawMessage `bun:"raw,type:jsonb" json:"raw"`
	Hash      int64           `bun:"hash" json:"hash"`
	FetchedAt time.Time       `bun:"fetched_at" json:"fetched_at"`
	ChangedAt time.Time       `bun:"changed_at" json:"changed_at"`
	// Misread lists the members of the record that could not be parsed, separated by commas.
	Misread string `bun:"misread" json:"misread"`
	Beside  int64  `bun:"-" json:"-"`
}

// Written counts the effects of a batch on the mirror. Late rows were older than the stored ones and were skipped.
type Written struct{ New, Changed, Unchanged, Late int }

// mirrored is implemented by the row types of the mirror.
type mirrored interface {
	parts() (Key, *Mirrored)
	fitted
}

// putMirror writes a batch from one response of one panel. It reads the stored hashes first and writes only the
// differences, so an unchanged batch writes nothing. It skips a row whose stored copy was fetched later: an older
// response never overwrites a newer one. The same transaction updates the stream's number of rows.
func putMirror[T any, P interface {
	*T
	mirrored
}](ctx context.Context, db *DB, stream StreamKey, rows []T, fetchedAt time.Time) (w Written, err error) {
	if len(rows) == 0 {
		return w, nil
	}
	for i := range rows {
		P(&rows[i]).fit(stored(fetchedAt))
	}
	table := db.pool.Table(reflect.TypeFor[T]())
	err = db.MirrorTx(ctx, func(db *DB) error {
		known, err := knownRows[T, P](ctx, db, table.Name, rows)
		if err != nil {
			return err
		}
		if rows, err = withinRetention[T, P](ctx, db, stream.Resource, rows, known); err != nil {
			return err
		}
		var added, changed []P
		added, changed, w = sortOut[T, P](rows, known, stored(fetchedAt), stored(db.now()))
		if err := writeRows(ctx, db, table, added, changed, &w); err != nil {
			return err
		}
		return db.countCached(ctx, stream, w.New)
	})
	return w, err
}

// sortOut sets the hash and times of the rows in a batch and separates new, changed and unchanged rows.
func sortOut[T any, P interface {
	*T
	mirrored
}](rows []T, known map[int64]Mirrored, fetchedAt, now time.Time) (added, changed []P, w Written) {
	seen := make(map[int64]bool, len(rows))
	for i := range rows {
		row := P(&rows[i])
		key, m := row.parts()
		if seen[key.ID] { // the same row twice on one page
			continue
		}
		seen[key.ID] = true
		m.Hash, m.FetchedAt, m.ChangedAt = hashOf(m.Raw, m.Beside), fetchedAt, now
		switch old, there := known[key.ID]; {
		case !there:
			w.New++
			m.Raw = storable(m.Raw)
			added = append(added, row)
		case old.Hash == m.Hash:
			w.Unchanged++
		case old.FetchedAt.After(fetchedAt):
			w.Late++
		default:
			w.Changed++
			m.Raw = storable(m.Raw)
			changed = append(changed, row)
		}
	}
	return added, changed, w
}

// writeRows inserts new rows and updates changed ones. It corrects w if another transaction inserted some of the new
// rows meanwhile.
func writeRows[P mirrored](ctx context.Context, db *DB, table *schema.Table, added, changed []P, w *Written) error {
	err := add(ctx, db, table, added)
	if errors.Is(err, errAlreadyThere) {
		all := len(added)
		for w.New, err = 0, nil; err == nil && len(added) > 0; {
			var n, inserted = portion(added), 0
			inserted, err = upsert(ctx, db, table, added[:n])
			w.New, added = w.New+inserted, added[n:]
		}
		w.Changed += all - w.New
	}
	for err == nil && len(changed) > 0 {
		n := portion(changed)
		_, err = upsert(ctx, db, table, changed[:n])
		changed = changed[n:]
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", table.Name, err)
	}
	return nil
}

// portionBytes is the maximum size of the records in one statement. The statement takes several times as much memory.
const portionBytes = 512 << 10

// portion returns how many of the first rows go into one statement, at least one.
func portion[P mirrored](rows []P) int {
	size := 0
	for i, row := range rows {
		_, m := row.parts()
		if size += len(m.Raw); size > portionBytes && i > 0 {
			return i
		}
	}
	return len(rows)
}

// Unchanged returns the records that the mirror holds byte for byte, so that the caller need not decode them. raws[i]
// is the record with the id ids[i]. The result maps i to the record's sort time, zero if it is unknown. Callers do not
// use it for services, because a service row holds more than its record.
func (db *DB) Unchanged(ctx context.Context, stream StreamKey, ids []int64, raws []json.RawMessage) (map[int]time.Time, error) {
	sorted := "CASE WHEN undated THEN NULL ELSE created_at END"
	if stream.Resource == Tickets {
		sorted = "CASE WHEN undated_update THEN NULL ELSE updated_at END"
	}
	type row struct {
		hash   int64
		sorted *time.Time
	}
	hashes := make(chan []int64, 1)
	go func() { hashes <- hashesOf(raws) }() // in parallel with the query
	held := make(map[int64]row, len(ids))
	var id int64
	var r row
	err := db.lookUp(ctx, string(stream.Resource), "hash, "+sorted+" AS sorted", stream.PanelID, ids, []any{&id, &r.hash, &r.sorted}, func() { held[id] = r })
	if err != nil {
		return nil, fmt.Errorf("comparing hashes of %s: %w", stream.Resource, err)
	}
	unchanged := make(map[int]time.Time, len(held))
	for i, hash := range <-hashes {
		if r, there := held[ids[i]]; there && r.hash == hash {
			unchanged[i] = time.Time{}
			if r.sorted != nil {
				unchanged[i] = *r.sorted
			}
		}
	}
	return unchanged, nil
}

// knownRows returns the hash and fetch time of the rows that are already stored, by id.
func knownRows[T any, P interface {
	*T
	mirrored
}](ctx context.Context, db *DB, table string, rows []T) (map[int64]Mirrored, error) {
	ids, asked := make([]int64, len(rows)), make(map[int64]bool, len(rows))
	var panelID int64
	for i := range rows {
		key, _ := P(&rows[i]).parts()
		ids[i], asked[key.ID], panelID = key.ID, true, key.PanelID
	}
	known := make(map[int64]Mirrored, len(rows))
	var id int64
	var m Mirrored
	err := db.lookUp(ctx, table, "hash, fetched_at", panelID, ids, []any{&id, &m.Hash, &m.FetchedAt}, func() {
		if asked[id] {
			known[id] = m
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading hashes of %s: %w", table, err)
	}
	return known, nil
}

// countCached updates the number of a stream's rows in the transaction that wrote them.
func (db *DB) countCached(ctx context.Context, key StreamKey, added int) error {
	if added == 0 {
		return nil
	}
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Set("cached = cached + ?", added).
		Where("panel_id = ? AND resource = ?", key.PanelID, key.Resource).Exec(ctx)
	return err
}

// stored returns a time with PostgreSQL's precision, truncated to microseconds. PostgreSQL itself rounds: a time could
// come back later than it was, and a response would then look older than its own stored copy.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// hashesOf returns the hashes of records without row data beside them.
func hashesOf(raws []json.RawMessage) []int64 {
	hashes := make([]int64, len(raws))
	for i, raw := range raws {
		hashes[i] = hashOf(raw, 0)
	}
	return hashes
}

// hashOf returns 64 bits of the SHA-256 of a record as received, and of the row data beside it. It tells a changed
// record from an unchanged one with the same id. SHA-256 is the fastest suitable hash, because processors have
// instructions for it.
func hashOf(raw []byte, beside int64) int64 {
	if beside != 0 {
		raw = binary.LittleEndian.AppendUint64(bytes.Clone(raw), uint64(beside)) // #nosec G115 -- only its bits are hashed
	}
	sum := sha256.Sum256(raw)
	return int64(binary.LittleEndian.Uint64(sum[:8])) // #nosec G115 -- a hash: every bit pattern will do
}
