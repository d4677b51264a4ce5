package models

import (
	"context"
	"fmt"
)

// AddCannedReply adds a reply of the viewer's own, or a shared one if OwnerID is 0. Its errors are Invalid and
// ErrNotAllowed.
func (db *DB) AddCannedReply(ctx context.Context, v Viewer, r CannedReply) error {
	if err := db.mayCanned(v, r); err != nil {
		return err
	}
	r.ID, r.Uses, r.CreatedAt, r.ChangedAt = 0, 0, db.now(), db.now()
	return db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.NewInsert().Model(&r).Returning("id").Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActAddCanned, Changes: r.changes(CannedReply{})})
	})
}

// ChangeCannedReply changes a reply that the viewer may change. A new OwnerID makes a shared reply personal or a
// personal one shared.
func (db *DB) ChangeCannedReply(ctx context.Context, v Viewer, r CannedReply) error {
	if err := db.mayCanned(v, r); err != nil {
		return err
	}
	return db.Tx(ctx, func(db *DB) error {
		old, err := db.lockCanned(ctx, v, r.ID)
		if err != nil {
			return err
		}
		r.ChangedAt = db.now()
		_, err = db.idb.NewUpdate().Model(&r).WherePK().
			Column("owner_id", "folder", "title", "body", "then_done", "then_assign", "then_order", "changed_at").Exec(ctx)
		if err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActChangeCanned, Changes: r.changes(old)})
	})
}

// RemoveCannedReply removes a reply that the viewer may change.
func (db *DB) RemoveCannedReply(ctx context.Context, v Viewer, id int64) error {
	return db.Tx(ctx, func(db *DB) error {
		old, err := db.lockCanned(ctx, v, id)
		if err != nil {
			return err
		}
		if _, err := db.idb.NewDelete().Model(&old).WherePK().Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, Entry{Action: ActRemoveCanned, Changes: CannedReply{ID: old.ID}.changes(old)})
	})
}

func (db *DB) mayCanned(v Viewer, r CannedReply) error {
	if !KindReply.May(v) || !r.ChangeableBy(v) {
		return ErrNotAllowed
	}
	return r.check()
}

func (db *DB) lockCanned(ctx context.Context, v Viewer, id int64) (CannedReply, error) {
	var r CannedReply
	err := notFound(db.visibleCanned(v, &r).Where("c.id = ?", id).For("UPDATE").Scan(ctx))
	if err == nil && (!KindReply.May(v) || !r.ChangeableBy(v)) {
		err = ErrNotAllowed
	}
	return r, err
}

// changes returns the differences from an earlier state. It omits the text of a personal reply, because that is
// private.
func (r CannedReply) changes(old CannedReply) []Change {
	all := []Change{{"For", old.audience(), r.audience()}, {Field: "Number", New: fmt.Sprint(r.ID)}}
	if r.OwnerID == 0 {
		if old.OwnerID != 0 {
			old = CannedReply{}
		}
		all = append(all, Change{"Title", old.Title, r.Title}, Change{"Folder", old.Folder, r.Folder}, Change{"Body", old.Body, r.Body},
			Change{"Mark done", old.yes(old.ThenDone), r.yes(r.ThenDone)}, Change{"Assign", old.yes(old.ThenAssign), r.yes(r.ThenAssign)},
			Change{"Order", old.ThenOrder, r.ThenOrder})
	}
	return changed(all...)
}

func (r CannedReply) yes(is bool) string {
	if r.Title == "" {
		return ""
	}
	return yesNo(is)
}

func (r CannedReply) audience() string {
	switch {
	case r.Title == "":
		return ""
	case r.OwnerID == 0:
		return "everybody"
	}
	return "themselves"
}
