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

// Key names a mirrored row: the id is only unique inside its panel.
type Key struct {
	PanelID int64 `bun:"panel_id,pk" json:"panel_id"`
	ID      int64 `bun:"id,pk" json:"id"`
}

func (k Key) key() Key { return k }

// OnPanel is the panel that the row belongs to.
func (k Key) OnPanel() int64 { return k.PanelID }

// Mirrored is what every mirrored row carries beside its fields. FetchedAt is when the request left that brought it.
// Beside is what the row holds that its record does not, such as a service's place in the list; it counts into Hash.
type Mirrored struct {
	Raw       json.RawMessage `bun:"raw,type:jsonb" json:"raw"`
	Hash      int64           `bun:"hash" json:"hash"`
	FetchedAt time.Time       `bun:"fetched_at" json:"fetched_at"`
	ChangedAt time.Time       `bun:"changed_at" json:"changed_at"`
	// Misread are the members of the record that were not understood, with commas between.
	Misread string `bun:"misread" json:"misread"`
	Beside  int64  `bun:"-" json:"-"`
}

// Written counts what a batch did to the mirror. Late rows were older than what we had and were left out.
type Written struct{ New, Changed, Unchanged, Late int }

// mirrored is a row type of the mirror.
type mirrored interface {
	parts() (Key, *Mirrored)
	fitted
}

// putMirror writes a batch that one answer of one panel brought. It reads the hashes first and writes only what
// differs, so a batch that is already known writes nothing at all. A row whose stored copy was fetched later is left
// alone: an older answer never overwrites a newer one. The stream's number of rows is kept in the same transaction.
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

// sortOut stamps the rows of a batch and tells those to add and those to change from those that stay.
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

// writeRows adds rows and changes rows, and corrects w where rows to be added turn out to be there by now.
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

// portionBytes is how much of the records goes into one statement, which takes several times as much memory.
const portionBytes = 512 << 10

// portion is how many of the first rows go into one statement, at least one.
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

// Unchanged are those of a panel's records that the mirror holds byte for byte: the time by which its list is sorted, of
// each, by its place in raws, zero where it is unknown. raws[i] is the record of ids[i]. Such a record need not even be decoded. Services are not
// asked for: they hold more than their record.
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
	go func() { hashes <- hashesOf(raws) }() // while PostgreSQL looks up the others
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

// knownRows are the hash and the time of fetching of those rows that are stored.
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

// countCached keeps the number of a stream's rows, in the transaction that wrote them.
func (db *DB) countCached(ctx context.Context, key StreamKey, added int) error {
	if added == 0 {
		return nil
	}
	_, err := db.idb.NewUpdate().Model((*Stream)(nil)).Set("cached = cached + ?", added).
		Where("panel_id = ? AND resource = ?", key.PanelID, key.Resource).Exec(ctx)
	return err
}

// stored is a time as PostgreSQL keeps it. It rounds to microseconds; left to it, a time may come back later than it
// was, and an answer be older than itself.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// hashesOf are the hashes of records with nothing beside them.
func hashesOf(raws []json.RawMessage) []int64 {
	hashes := make([]int64, len(raws))
	for i, raw := range raws {
		hashes[i] = hashOf(raw, 0)
	}
	return hashes
}

// hashOf is 64 bits of the SHA-256 of a record as received, and of what the row holds beside it.
// It tells a changed record from an unchanged one of the same id, and is the fastest that the processor has.
func hashOf(raw []byte, beside int64) int64 {
	if beside != 0 {
		raw = binary.LittleEndian.AppendUint64(bytes.Clone(raw), uint64(beside)) // #nosec G115 -- only its bits are hashed
	}
	sum := sha256.Sum256(raw)
	return int64(binary.LittleEndian.Uint64(sum[:8])) // #nosec G115 -- a hash: every bit pattern will do
}
