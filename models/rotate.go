package models

import (
	"context"
	"fmt"

	"masterpanel/models/seal"
)

// Rotated counts the re-sealed secrets by kind.
type Rotated struct{ Panels, SecondFactors, Actions int }

// RotateKeys seals every secret of an old key again under the primary key. Each row has its own transaction, so a
// killed run can simply start again. A new kind of secret must be added here.
func (db *DB) RotateKeys(ctx context.Context) (r Rotated, err error) {
	if r.Panels, err = db.rotateRows(ctx, "panel", (*Panel)(nil), "id", (*DB).rotatePanel); err != nil {
		return r, err
	}
	if r.SecondFactors, err = db.rotateRows(ctx, "second factor of staff", (*SecondFactor)(nil), "staff_id", (*DB).rotateSeed); err != nil {
		return r, err
	}
	if r.Actions, err = db.rotateRows(ctx, "secret of action", (*actionSecret)(nil), "action_id", (*DB).rotateActionSecret); err != nil {
		return r, err
	}
	return r, db.rotateCheckWord(ctx)
}

// rotateRows runs rotate on each row of a table, each in its own transaction, and counts the changed rows.
func (db *DB) rotateRows(ctx context.Context, kind string, model any, key string, rotate func(*DB, context.Context, int64) (bool, error)) (n int, err error) {
	var ids []int64
	if err := db.idb.NewSelect().Model(model).Column(key).Order(key).Scan(ctx, &ids); err != nil {
		return 0, err
	}
	for _, id := range ids {
		changed := false
		err := db.Tx(ctx, func(db *DB) error {
			changed, err = rotate(db, ctx, id)
			return withoutRows(err) // another process removed it meanwhile
		})
		if err != nil {
			return n, fmt.Errorf("%s %d: %w", kind, id, err)
		}
		if changed {
			n++
		}
	}
	return n, nil
}

func (db *DB) rotatePanel(ctx context.Context, id int64) (changed bool, err error) {
	var p Panel
	if err := db.idb.NewSelect().Model(&p).Where("id = ?", id).For("UPDATE").Scan(ctx); err != nil {
		return false, err
	}
	for column, sealed := range map[string]*[]byte{"admin_key": &p.AdminKeySealed, "services_key": &p.ServicesKeySealed} {
		if len(*sealed) == 0 || db.box.Current(*sealed) {
			continue
		}
		key, err := db.openKey(*sealed, id, column)
		if err != nil {
			return false, err
		}
		if *sealed, err = db.sealKey(key.Reveal(), id, column); err != nil {
			return false, err
		}
		changed = true
	}
	if !changed {
		return false, nil
	}
	if _, err := db.idb.NewUpdate().Model(&p).Column("admin_key_sealed", "services_key_sealed").WherePK().Exec(ctx); err != nil {
		return false, err
	}
	return true, db.record(ctx, CommandLine, p.entry(ActRotateKeys, nil))
}

func (db *DB) rotateSeed(ctx context.Context, staffID int64) (changed bool, err error) {
	var f SecondFactor
	if err := db.idb.NewSelect().Model(&f).Where("staff_id = ?", staffID).For("UPDATE").Scan(ctx); err != nil {
		return false, err
	}
	if db.box.Current(f.SeedSealed) {
		return false, nil
	}
	var seed seal.Secret
	if seed, err = db.openSeed(f); err != nil {
		return false, err
	}
	if f.SeedSealed, err = db.sealSeed(seed, staffID); err != nil {
		return false, err
	}
	if _, err := db.idb.NewUpdate().Model(&f).Column("seed_sealed").WherePK().Exec(ctx); err != nil {
		return false, err
	}
	return true, db.record(ctx, CommandLine, Entry{Action: ActRotateKeys, Object: ObjectStaff, ObjectIDs: []int64{staffID}})
}
