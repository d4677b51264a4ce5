package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// twinsWithin is the period in which the same amount to the same customer counts as a likely duplicate.
const twinsWithin = 24 * time.Hour

// twinsShown is the maximum number of duplicates of one kind.
const twinsShown = 10

// PaymentTwin is a likely duplicate of a new payment: mirrored from a panel, sent by us, or proposed.
type PaymentTwin struct {
	// Mark identifies the duplicate, so that a form can list the ones that the person saw.
	Mark                 string
	SameAmount, SameMemo bool
	PanelID              int64
	// PaymentID or ActionID identifies it; for a proposal both are 0.
	PaymentID, ActionID int64
	User, Memo          string
	// By is the person who added it here, "" if it came from the panel.
	By string
	At time.Time
}

// LikelyTwice means that a payment probably exists already. Twins are the likely duplicates.
type LikelyTwice struct{ Twins []PaymentTwin }

func (e LikelyTwice) Error() string {
	return fmt.Sprintf("likely a duplicate of %d payments", len(e.Twins))
}

// paymentTwins returns likely duplicates of a new payment on the viewer's panels: to the same customer with the same
// amount within a day, or with the same reference in the memo at any time. It ignores failed and cancelled payments.
func (db *DB) paymentTwins(ctx context.Context, v Viewer, n NewPayment, proposal int64) ([]PaymentTwin, error) {
	twins, references, err := db.sentTwins(ctx, v, n)
	if err != nil {
		return nil, err
	}
	mirrored, err := db.mirroredTwins(ctx, v, n)
	if err != nil {
		return nil, err
	}
	for _, t := range mirrored {
		ours := slices.ContainsFunc(references, func(r string) bool { return CarriesReference(t.Memo, r) })
		if !ours { // else the page would show it twice
			twins = append(twins, t)
		}
	}
	proposed, err := db.proposedTwins(ctx, v, n, proposal)
	return append(twins, proposed...), err
}

// sentTwins returns the likely duplicates among our own actions, and their references.
func (db *DB) sentTwins(ctx context.Context, v Viewer, n NewPayment) (twins []PaymentTwin, references []string, err error) {
	var actions []PanelAction
	err = db.idb.NewRaw(`
		(SELECT * FROM actions WHERE kind = 'add_payment' AND panel_id = ?0 AND lower(target_name) = lower(?1)
			AND created_at > ?2 AND (payload ->> 'amount')::numeric = ?3 AND state NOT IN ('refused', 'cancelled') ORDER BY id DESC LIMIT ?6)
		UNION
		(SELECT * FROM actions WHERE kind = 'add_payment' AND memo_keys <> '{}' AND memo_keys && ?4::text[] AND panel_id = ANY(?5::bigint[])
			AND state NOT IN ('refused', 'cancelled') ORDER BY id DESC LIMIT ?6)
		ORDER BY id DESC`,
		n.PanelID, n.User, db.now().Add(-twinsWithin), n.Amount, pgdialect.Array(append([]string{}, memoKeys(n.Memo)...)), bigints(v.PanelIDs()), twinsShown).Scan(ctx, &actions)
	for _, a := range actions {
		references = append(references, a.Reference)
		twins = append(twins, PaymentTwin{Mark: fmt.Sprintf("a%d", a.ID), PanelID: a.PanelID, ActionID: a.ID, User: a.TargetName,
			Memo: a.Payload.Memo, By: a.Username, At: a.CreatedAt, SameMemo: SameMemo(a.Payload.Memo, n.Memo),
			SameAmount: a.PanelID == n.PanelID && strings.EqualFold(a.TargetName, n.User) && a.Payload.Amount.Decimal.Equal(n.Amount.Decimal)})
	}
	return twins, references, err
}

// mirroredTwins returns the likely duplicates in the mirror. The query compares the amounts, because some people who
// add payments cannot see amounts.
func (db *DB) mirroredTwins(ctx context.Context, v Viewer, n NewPayment) ([]PaymentTwin, error) {
	var same, noted []Payment
	err := db.selectFor(v, &same).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{n.PanelID}))).
		Where("lower(user_name) = lower(?) AND amount = ?", n.User, n.Amount).
		Where("created_at > ? AND coalesce(status, '') NOT IN ('fail', 'expired')", db.now().Add(-twinsWithin)).
		OrderExpr("created_at DESC, id DESC").Limit(twinsShown).Scan(ctx)
	if err != nil {
		return nil, err
	}
	if keys := memoKeys(n.Memo); len(keys) > 0 {
		err = db.selectFor(v, &noted).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
			Where(sameKeys("t", false), pgdialect.Array(keys)).OrderExpr("created_at DESC, panel_id, id").Limit(twinsShown).Scan(ctx)
		if err != nil {
			return nil, err
		}
	}
	var twins []PaymentTwin
	for _, p := range same {
		twins = append(twins, twinOf(p, n, true))
	}
	for _, p := range noted {
		if !slices.ContainsFunc(same, func(s Payment) bool { return s.Key == p.Key }) {
			twins = append(twins, twinOf(p, n, false))
		}
	}
	return twins, nil
}

// uncomparedTwins returns the number of payments to the same customer in the last day whose amount is unknown, so that
// they could not be compared.
func (db *DB) uncomparedTwins(ctx context.Context, v Viewer, n NewPayment) (int64, error) {
	return db.idb.NewSelect().Model((*Payment)(nil)).Where("panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{n.PanelID}))).
		Where("lower(user_name) = lower(?) AND amount IS NULL", n.User).
		Where("created_at > ? AND coalesce(status, '') NOT IN ('fail', 'expired')", db.now().Add(-twinsWithin)).Count(ctx)
}

func twinOf(p Payment, n NewPayment, sameAmount bool) PaymentTwin {
	return PaymentTwin{Mark: fmt.Sprintf("p%d-%d", p.PanelID, p.ID), PanelID: p.PanelID, PaymentID: p.ID, User: p.UserName,
		Memo: p.Memo, At: p.CreatedAt, SameAmount: sameAmount, SameMemo: SameMemo(p.Memo, n.Memo)}
}
