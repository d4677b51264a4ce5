package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// batch is a page of a list, translated and ready to be written.
type batch struct {
	marks []mark // one for each row
	more  bool   // another page may follow
	bad   []models.Quarantined
	// size is how many records the page had. wrong holds the places of the quarantined records, bad the ones to
	// store, and reason the error of the first. repeats is how many records had an id that was already on the page.
	size, repeats int
	wrong         []int
	reason        string
	large         *panel.Error // set when the page is a single record that is too large
	hold          *panel.Hold  // the memory reserved for the page, until it is written
	// put writes rows [from, to) in the given transaction.
	put func(ctx context.Context, db *models.DB, from, to int) (models.Written, error)
}

// mark holds the fields of a row that loops use. created is the time by which the panel's list is sorted, zero if it
// is unknown.
type mark struct {
	id      int64
	created time.Time
	raw     []byte
}

// dated returns the marks of a page that have a time, so that one record without a time does not mislead a loop.
func (b batch) dated() []mark {
	if !slices.ContainsFunc(b.marks, func(m mark) bool { return m.created.IsZero() }) {
		return b.marks
	}
	return slices.DeleteFunc(slices.Clone(b.marks), func(m mark) bool { return m.created.IsZero() })
}

// errRepeated is the reason why the second of two different records with the same id is quarantined.
var errRepeated = errors.New("its ID is on this page twice with different contents; only the first is listed")

// Limits on the records that one page may add to the quarantine.
const (
	maxQuarantined  = 20
	maxQuarantineKB = 16
)

// unreadable converts the bad records of a page for the quarantine, at most maxQuarantined.
func (r *run) unreadable(bad []panel.BadRecord) []models.Quarantined {
	var out []models.Quarantined
	for _, b := range bad[:min(len(bad), maxQuarantined)] {
		out = append(out, r.quarantined(b.ID, b.Raw, b.Err.Error()))
	}
	return out
}

// quarantined describes a bad record. It names the record by its id, or by a hash of its content if it has none.
func (r *run) quarantined(id *int64, raw []byte, reason string) models.Quarantined {
	q := models.Quarantined{PanelID: r.stream.PanelID, Resource: r.stream.Resource, Reason: reason,
		Raw: append([]byte{}, raw[:min(len(raw), maxQuarantineKB<<10)]...)}
	if id != nil {
		q.Record = strconv.FormatInt(*id, 10)
	} else {
		sum := sha256.Sum256(raw)
		q.Record = "sha256:" + hex.EncodeToString(sum[:8])
	}
	return q
}

// readWell returns the names of the records that were quarantined and are readable now.
func (r *run) readWell(marks []mark) (names []string) {
	if len(r.aside) == 0 {
		return nil
	}
	for _, m := range marks {
		name := strconv.FormatInt(m.id, 10)
		if _, aside := r.aside[name]; aside {
			names = append(names, name)
		}
	}
	return names
}

// refused reports whether PostgreSQL has refused exactly this record before. Such a record is not written again,
// because each attempt logs an error in PostgreSQL.
func (r *run) refused(m mark) bool {
	if len(r.aside) == 0 {
		return false
	}
	hash := r.aside[strconv.FormatInt(m.id, 10)]
	return hash != 0 && hash == models.RecordHash(m.raw)
}

// keep writes a page and the loops that it moved in one transaction, and bumps the resource's version if a row
// changed.
func (r *run) keep(ctx context.Context, b batch, loops ...*models.StreamLoop) (models.Written, error) {
	defer b.hold.Release()
	written, err := r.write(ctx, b, 0, len(b.marks), b.bad, loops)
	if models.BadData(err) {
		written, err = r.isolate(ctx, b, loops)
	}
	if err != nil {
		return models.Written{}, fmt.Errorf("storing %s of panel %d: %w", r.stream.Resource, r.stream.PanelID, err)
	}
	r.record.Add(written)
	r.record.RowsQuarantined += len(b.wrong) - min(len(b.wrong), len(b.bad))
	if written.New+written.Changed > 0 {
		r.bump(ctx, ResourceVersion(r.stream.PanelID, r.stream.Resource))
		r.settlePayments(ctx, b)
	}
	return written, nil
}

// settlePayments settles the actions whose payments are in the batch. It runs outside the batch's transaction: if it
// fails, a later check on the panel settles them.
func (r *run) settlePayments(ctx context.Context, b batch) {
	if r.stream.Resource != models.Payments {
		return
	}
	ids := make([]int64, len(b.marks))
	for i, m := range b.marks {
		ids[i] = m.id
	}
	moved, err := r.DB.SettlePayments(ctx, r.stream.PanelID, ids)
	if moved {
		r.bump(ctx, OutboxVersion(r.stream.PanelID))
	}
	if err != nil {
		r.Log.Warn("outbox: cannot match payments to actions", "panel", r.stream.PanelID, "error", err)
	}
}

// write stores rows [from, to) of a batch, records for the quarantine and loops in one transaction. If the lease is
// lost, the transaction is rolled back.
func (r *run) write(ctx context.Context, b batch, from, to int, bad []models.Quarantined, loops []*models.StreamLoop) (models.Written, error) {
	var written models.Written
	err := r.DB.MirrorTx(ctx, func(db *models.DB) error {
		var err error
		if written, err = b.put(ctx, db, from, to); err != nil {
			return err
		}
		if err := db.ReadWell(ctx, r.stream.StreamKey, r.readWell(b.marks[from:to])); err != nil {
			return err
		}
		if err := db.Quarantine(ctx, bad); err != nil {
			return err
		}
		return db.Checkpoint(ctx, r.stream, loops, leaseFor)
	})
	if err != nil {
		return models.Written{}, err
	}
	r.record.RowsQuarantined += len(bad)
	return written, nil
}

// isolate writes a batch that PostgreSQL refused. It halves the batch until each row that cannot be stored is alone,
// quarantines these rows, and saves the loops last.
func (r *run) isolate(ctx context.Context, b batch, loops []*models.StreamLoop) (models.Written, error) {
	var total models.Written
	poison := b.bad
	var half func(from, to int) error
	half = func(from, to int) error {
		w, err := r.write(ctx, b, from, to, nil, nil)
		switch {
		case err == nil:
			total.New, total.Changed = total.New+w.New, total.Changed+w.Changed
			total.Unchanged, total.Late = total.Unchanged+w.Unchanged, total.Late+w.Late
			return nil
		case !models.BadData(err) || from == to:
			return err
		case to-from == 1:
			m := b.marks[from]
			refused := r.quarantined(&m.id, m.raw, "the database cannot store it: "+err.Error())
			refused.Hash = models.RecordHash(m.raw)
			poison = append(poison, refused)
			return nil
		}
		middle := (from + to) / 2
		if err := half(from, middle); err != nil {
			return err
		}
		return half(middle, to)
	}
	if err := half(0, len(b.marks)); err != nil {
		return total, err
	}
	nothing := batch{put: func(context.Context, *models.DB, int, int) (models.Written, error) { return models.Written{}, nil }}
	_, err := r.write(ctx, nothing, 0, 0, poison, loops)
	return total, err
}
