package models

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// ShopAnswer is the answer to the form's question after a change of address: is it still the same shop?
type ShopAnswer string

// The answers.
const (
	SameShop    ShopAnswer = "same"
	AnotherShop ShopAnswer = "another"
)

// ShopRecord is the part of a panel's record that distinguishes shops; an id alone exists in every shop.
type ShopRecord struct {
	ID        int64
	CreatedAt time.Time // zero if unknown
	Who, What string
}

// Agrees reports whether two records with the same id belong to the same shop. A customer may be renamed, so one equal
// text is enough if the times are equal.
func (r ShopRecord) Agrees(other ShopRecord) bool {
	who, what := r.Who != "" && r.Who == other.Who, r.What != "" && r.What == other.What
	if r.CreatedAt.IsZero() || other.CreatedAt.IsZero() {
		return who && what
	}
	return r.CreatedAt.Unix() == other.CreatedAt.Unix() && (who || what)
}

// shopColumns are the SQL expressions for ShopRecord.Who and ShopRecord.What, by resource.
var shopColumns = map[Resource][2]string{
	Orders: {"user_name", "service_id || ' ' || quantity"}, Payments: {"user_name", "memo"},
	Users: {"username", "email"}, Tickets: {"user_name", "subject"},
}

// ShopResources are the resources that workers compare after a change of a panel's address or key.
var ShopResources = []Resource{Orders, Payments, Users, Tickets}

// ShopRecords returns the mirror's records with the given ids, and whether the mirror holds any record of the resource.
func (db *DB) ShopRecords(ctx context.Context, panelID int64, r Resource, ids []int64) (records map[int64]ShopRecord, any bool, err error) {
	columns, known := shopColumns[r]
	if !known {
		return nil, false, fmt.Errorf("%s are not compared", r)
	}
	var rows []ShopRecord
	err = db.idb.NewRaw(`SELECT id, CASE WHEN undated THEN 'epoch'::timestamptz ELSE created_at END AS created_at, coalesce(`+columns[0]+`, '') AS who,
		coalesce(`+columns[1]+`, '') AS what FROM `+string(r)+` WHERE panel_id = ? AND id = ANY(?::bigint[])`, panelID, bigints(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, false, fmt.Errorf("reading mirrored %s: %w", r, err)
	}
	records = make(map[int64]ShopRecord, len(rows))
	for _, row := range rows {
		if row.CreatedAt.Unix() == 0 {
			row.CreatedAt = time.Time{}
		}
		records[row.ID] = row
	}
	err = db.idb.NewRaw("SELECT EXISTS (SELECT 1 FROM "+string(r)+" WHERE panel_id = ?)", panelID).Scan(ctx, &any)
	return records, any, err
}

// PanelsToCompare returns the panels whose comparison with the mirror is due.
func (db *DB) PanelsToCompare(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Where("shop_check_at <= ?", db.now()).
		Where("removed_at IS NULL AND paused_at IS NULL AND key_refused_at IS NULL").Scan(ctx, &ids)
	return ids, err
}

// ClaimCompare gives one worker the comparison of a panel. If the worker dies, another can claim it after ttl. It
// returns ErrBusy if the comparison is not due.
func (db *DB) ClaimCompare(ctx context.Context, panelID int64, ttl time.Duration) error {
	now := db.now()
	result, err := db.idb.NewRaw(`UPDATE panels SET shop_check_at = ? WHERE id = ? AND shop_check_at <= ? AND paused_at IS NULL
		AND removed_at IS NULL AND key_refused_at IS NULL`, now.Add(ttl), panelID, now).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return ErrBusy
	}
	return nil
}

// ShopMatches stores that the records behind an access belong to this panel: the sync resumes and waiting actions are
// sent.
func (db *DB) ShopMatches(ctx context.Context, access PanelAccess) error {
	return db.Tx(ctx, func(db *DB) error {
		current, err := db.compared(ctx, access, func(q *bun.UpdateQuery) { q.Set("shop_check_at = NULL").Set("shop_check_words = ''") })
		if err != nil || !current {
			return err
		}
		return db.wakeStreams(ctx, access.ID)
	})
}

// ShopDiffers pauses a panel whose records belong to another shop, and stores the reason. After a resume it is compared
// again.
func (db *DB) ShopDiffers(ctx context.Context, access PanelAccess, words string) error {
	_, err := db.compared(ctx, access, func(q *bun.UpdateQuery) {
		q.Set("paused_at = coalesce(paused_at, ?)", db.now()).Set("shop_check_at = ?", db.now()).Set("shop_check_words = ?", clip(words, 500))
	})
	return err
}

// CompareLater postpones a comparison that could not be made, and stores the reason.
func (db *DB) CompareLater(ctx context.Context, access PanelAccess, at time.Time, words string) error {
	_, err := db.compared(ctx, access, func(q *bun.UpdateQuery) { q.Set("shop_check_at = ?", at).Set("shop_check_words = ?", clip(words, 500)) })
	return err
}

// compared stores the result of a comparison, unless another address or key was saved since.
func (db *DB) compared(ctx context.Context, access PanelAccess, set func(*bun.UpdateQuery)) (current bool, err error) {
	query := db.idb.NewUpdate().Model((*Panel)(nil)).Where("shop_check_at IS NOT NULL").
		Where("id = ? AND url = ? AND admin_key_sealed = ?", access.ID, access.URL, []byte(access.adminKeySealed))
	set(query)
	result, err := query.Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
