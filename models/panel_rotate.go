package models

import (
	"context"
	"fmt"
)

// RotateKeys seals again, under the primary key, every secret that an old key sealed, and returns on how many panels.
// Each panel is a transaction of its own, so a killed run is simply started again.
func (db *DB) RotateKeys(ctx context.Context) (panels int, err error) {
	var ids []int64
	if err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Order("id").Scan(ctx, &ids); err != nil {
		return 0, err
	}
	for _, id := range ids {
		changed, err := db.rotatePanel(ctx, id)
		if err != nil {
			return panels, fmt.Errorf("panel %d: %w", id, err)
		}
		if changed {
			panels++
		}
	}
	return panels, nil
}

func (db *DB) rotatePanel(ctx context.Context, id int64) (changed bool, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		var p Panel
		if err := db.idb.NewSelect().Model(&p).Where("id = ?", id).For("UPDATE").Scan(ctx); err != nil {
			return notFound(err)
		}
		for column, sealed := range map[string]*[]byte{"admin_key": &p.AdminKeySealed, "services_key": &p.ServicesKeySealed} {
			if len(*sealed) == 0 || db.box.Current(*sealed) {
				continue
			}
			key, err := db.openKey(*sealed, id, column)
			if err != nil {
				return err
			}
			if *sealed, err = db.sealKey(key.Reveal(), id, column); err != nil {
				return err
			}
			changed = true
		}
		if !changed {
			return nil
		}
		_, err := db.idb.NewUpdate().Model(&p).Column("admin_key_sealed", "services_key_sealed").WherePK().Exec(ctx)
		if err != nil {
			return err
		}
		return db.record(ctx, CommandLine, p.entry(ActRotateKeys, nil))
	})
	return changed, err
}
