package models

import (
	"context"
	"fmt"
	"time"

	"masterpanel/models/seal"
)

// PanelAccess holds the data that the worker needs to call a panel. Its secrets print as dots.
type PanelAccess struct {
	ID               int64
	Name             string
	URL              string
	AdminKey         seal.Secret
	ServicesKey      seal.Secret
	Paused           bool
	KeyRefused       bool
	CheckRequestedAt time.Time
	// Unproven says that the records at this address, or under this key, are not yet verified as the panel's.
	Unproven       bool
	adminKeySealed string // the stored value, which differs if another key was saved since
}

// PanelAccess opens a panel's keys, for the worker only. It returns ErrNotFound if the panel is removed.
func (db *DB) PanelAccess(ctx context.Context, id int64) (PanelAccess, error) {
	var p Panel
	if err := db.idb.NewSelect().Model(&p).Where("id = ? AND removed_at IS NULL", id).Scan(ctx); err != nil {
		return PanelAccess{}, notFound(err)
	}
	admin, err := db.openKey(p.AdminKeySealed, id, "admin_key")
	if err != nil {
		return PanelAccess{}, err
	}
	services, err := db.openKey(p.ServicesKeySealed, id, "services_key")
	if err != nil {
		return PanelAccess{}, err
	}
	return PanelAccess{ID: p.ID, Name: p.Name, URL: p.URL, AdminKey: admin, ServicesKey: services,
		Paused: !p.PausedAt.IsZero(), KeyRefused: !p.KeyRefusedAt.IsZero(), CheckRequestedAt: p.CheckRequestedAt,
		Unproven: !p.ShopCheckAt.IsZero(), adminKeySealed: string(p.AdminKeySealed)}, nil
}

// MarkKeyRefused stores that the panel refused the admin key of access and when the next call tries it, or, with a zero
// time, that the panel accepted it. If staff saved another key or address since, it changes nothing and current is
// false, because a response to the old key may arrive late.
func (db *DB) MarkKeyRefused(ctx context.Context, access PanelAccess, tryAt time.Time) (current bool, err error) {
	err = db.Tx(ctx, func(db *DB) error {
		query := db.idb.NewUpdate().Model((*Panel)(nil)).
			Where("id = ? AND url = ? AND admin_key_sealed = ?", access.ID, access.URL, []byte(access.adminKeySealed))
		if !tryAt.IsZero() {
			query.Set("key_refused_at = coalesce(key_refused_at, ?)", db.now()).Set("probe_at = ?", tryAt)
		} else {
			if err := db.keyWorks(ctx, access.ID); err != nil {
				return err
			}
			query.Set("key_refused_at = NULL")
		}
		result, err := query.Exec(ctx)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		current = n > 0
		return err
	})
	return current, err
}

// keyWorks runs before a panel's key counts as working again. It locks the panel before its actions, in the same order
// as all changes of a panel.
func (db *DB) keyWorks(ctx context.Context, panelID int64) error {
	if _, err := db.idb.NewRaw("SELECT id FROM panels WHERE id = ? FOR UPDATE", panelID).Exec(ctx); err != nil {
		return err
	}
	_, err := db.askAboutOldMoney(ctx, panelID)
	return err
}

// setKeys seals and stores the keys of the form that are not blank; a dash clears the services key.
func (db *DB) setKeys(ctx context.Context, p *Panel, in PanelInput) error {
	if in.AdminAPIKey != "" {
		if err := db.keyWorks(ctx, p.ID); err != nil {
			return err
		}
		sealed, err := db.sealKey(in.AdminAPIKey, p.ID, "admin_key")
		if err != nil {
			return err
		}
		p.AdminKeySealed, p.AdminKeyLast4, p.KeyRefusedAt = sealed, seal.Last4(in.AdminAPIKey), time.Time{}
	}
	switch in.ServicesAPIKey {
	case "":
	case "-":
		p.ServicesKeySealed, p.ServicesKeyLast4 = []byte{}, ""
	default:
		sealed, err := db.sealKey(in.ServicesAPIKey, p.ID, "services_key")
		if err != nil {
			return err
		}
		p.ServicesKeySealed, p.ServicesKeyLast4 = sealed, seal.Last4(in.ServicesAPIKey)
	}
	_, err := db.idb.NewUpdate().Model(p).WherePK().
		Column("admin_key_sealed", "admin_key_last4", "services_key_sealed", "services_key_last4", "key_refused_at").Exec(ctx)
	return err
}

func (db *DB) sealKey(key string, panelID int64, column string) ([]byte, error) {
	sealed, err := db.box.Seal([]byte(key), keyContext(panelID, column))
	if err != nil {
		return nil, fmt.Errorf("sealing the %s of panel %d: %w", column, panelID, err)
	}
	return sealed, nil
}

func (db *DB) openKey(sealed []byte, panelID int64, column string) (seal.Secret, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := db.box.Open(sealed, keyContext(panelID, column))
	if err != nil {
		return "", fmt.Errorf("opening the %s of panel %d: %w", column, panelID, err)
	}
	return seal.Secret(plain), nil
}

// keyContext binds a sealed key to its row and column, so that a copy elsewhere does not open.
func keyContext(panelID int64, column string) string {
	return fmt.Sprintf("panels:%d:%s", panelID, column)
}
