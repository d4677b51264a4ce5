package models

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// PaymentProposal is a payment that waits, or waited, for a second person.
type PaymentProposal struct {
	bun.BaseModel `bun:"table:payment_proposals,alias:t"`
	ID            int64         `bun:"id,pk,autoincrement"`
	FormKey       string        `bun:"key"`
	PanelID       int64         `bun:"panel_id"`
	TargetName    string        `bun:"target_name"`
	Payload       ActionPayload `bun:"payload,type:jsonb"`
	MemoKeys      []string      `bun:"memo_keys,array"`
	StaffID       int64         `bun:"staff_id"`
	Username      string        `bun:"username"`
	CreatedAt     time.Time     `bun:"created_at"`
	State         ProposalState `bun:"state"`
	DecidedBy     int64         `bun:"decided_by,nullzero"`
	Decider       string        `bun:"decider"`
	DecidedAt     time.Time     `bun:"decided_at,nullzero"`
	ActionID      int64         `bun:"action_id,nullzero"`
}

// ProposalState is the state of a proposal.
type ProposalState string

// The states of a proposal. Its author can withdraw it; others can approve or decline it.
const (
	ProposalWaiting   ProposalState = "waiting"
	ProposalApproved  ProposalState = "approved"
	ProposalDeclined  ProposalState = "declined"
	ProposalWithdrawn ProposalState = "withdrawn"
)

// proposalsShown is the maximum number of decided proposals on a page.
const proposalsShown = 50

// ApprovableBy reports whether the viewer may approve the payment: they may add payments and see money, and did not
// propose it.
func (p PaymentProposal) ApprovableBy(v Viewer) bool {
	return p.State == ProposalWaiting && p.StaffID != v.StaffID && KindAddPayment.May(v) && v.Can(PermSeeMoney)
}

// payment returns the form that made the proposal, under a key that only this proposal uses.
func (p PaymentProposal) payment(seen []string) NewPayment {
	return NewPayment{Key: fmt.Sprintf("proposal %d", p.ID), PanelID: p.PanelID, User: p.TargetName, Amount: p.Payload.Amount,
		Method: p.Payload.Method, Memo: p.Payload.Memo, AffiliateCommission: p.Payload.AffiliateCommission, Seen: seen}
}

// PaymentProposals returns the waiting proposals on the viewer's panels, the oldest first, and the last decided ones.
func (db *DB) PaymentProposals(ctx context.Context, v Viewer) (waiting, decided []PaymentProposal, err error) {
	if !KindAddPayment.May(v) {
		return nil, nil, ErrNotAllowed
	}
	mine := func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs()))
	}
	err = db.idb.NewSelect().Model(&waiting).Apply(mine).Where("state = 'waiting'").Order("id").Scan(ctx)
	if err != nil {
		return nil, nil, err
	}
	err = db.idb.NewSelect().Model(&decided).Apply(mine).Where("state <> 'waiting'").OrderExpr("decided_at DESC, id DESC").
		Limit(proposalsShown).Scan(ctx)
	return waiting, decided, err
}

// ProposalsFor returns the number of waiting payments that the viewer may approve.
func (db *DB) ProposalsFor(ctx context.Context, v Viewer) (int, error) {
	if !(PaymentProposal{State: ProposalWaiting}).ApprovableBy(v) {
		return 0, nil
	}
	n, err := db.idb.NewSelect().Model((*PaymentProposal)(nil)).Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Where("state = 'waiting' AND staff_id <> ?", v.StaffID).Count(ctx)
	return int(n), err
}

// PaymentProposal returns one proposal with the information for the decision.
func (db *DB) PaymentProposal(ctx context.Context, v Viewer, id int64) (PaymentProposal, PaymentReview, error) {
	var p PaymentProposal
	if !KindAddPayment.May(v) {
		return p, PaymentReview{}, ErrNotAllowed
	}
	err := db.idb.NewSelect().Model(&p).Where("id = ? AND panel_id = ANY(?::bigint[])", id, bigints(v.PanelIDs())).Scan(ctx)
	if err != nil {
		return p, PaymentReview{}, notFound(err)
	}
	var r PaymentReview
	if r.Method, err = db.checkMethod(ctx, p.payment(nil), Invalid{}); err != nil {
		return p, r, err
	}
	if err := db.lookAround(ctx, v, p.payment(nil), &r); err != nil {
		return p, r, err
	}
	r.Twins, err = db.paymentTwins(ctx, v, p.payment(nil), id)
	return p, r, err
}

// propose stores a payment that waits for a second person.
func (db *DB) propose(ctx context.Context, v Viewer, n NewPayment) (PaymentProposal, error) {
	a := n.action()
	p := PaymentProposal{FormKey: n.Key, PanelID: n.PanelID, TargetName: n.User, Payload: a.Payload, StaffID: v.StaffID,
		Username: v.Username, CreatedAt: stored(db.now()), State: ProposalWaiting, MemoKeys: append([]string{}, memoKeys(n.Memo)...)}
	if _, err := db.idb.NewInsert().Model(&p).Returning("id").Exec(ctx); err != nil {
		if violates(err, "payment_proposals_key") { // the same form for another customer, submitted at the same moment
			return p, errOtherForm
		}
		return p, err
	}
	e, err := db.onCustomer(ctx, p.entry(ActProposePayment), p.TargetName)
	if err != nil {
		return p, err
	}
	return p, db.record(ctx, v, e)
}

// sameProposal returns the proposal that the form made before, as sameForm does for actions.
func (db *DB) sameProposal(ctx context.Context, v Viewer, n NewPayment) (PaymentProposal, error) {
	var p PaymentProposal
	err := db.idb.NewSelect().Model(&p).Where("staff_id = ? AND key = ?", v.StaffID, n.Key).Scan(ctx)
	if err != nil {
		return p, notFound(err)
	}
	had, err := json.Marshal(p.Payload)
	if err != nil {
		return p, err
	}
	asks, err := json.Marshal(n.action().Payload)
	if err != nil {
		return p, err
	}
	if p.PanelID != n.PanelID || p.TargetName != n.User || !bytes.Equal(had, asks) {
		return p, errOtherForm
	}
	return p, nil
}

// entry returns a log entry about the customer, as the entry of the payment is.
func (p PaymentProposal) entry(did Action, more ...Change) Entry {
	a := PanelAction{Kind: KindAddPayment, PanelID: p.PanelID, Resource: Users, TargetName: p.TargetName, Payload: p.Payload}
	return a.entry(did, append(a.changes(), more...)...)
}

// ApprovePayment approves a payment that another person proposed: it becomes an action of the viewer. Its errors are
// Invalid if it cannot be approved, ErrTooLate if it was decided already, and LikelyTwice.
func (db *DB) ApprovePayment(ctx context.Context, v Viewer, id int64, seen []string) (a PanelAction, err error) {
	err = db.decideProposal(ctx, v, id, func(db *DB, p *PaymentProposal) error {
		if p.StaffID == v.StaffID {
			return Invalid{"proposal": "You proposed this payment. Another person must approve it."}
		}
		if !v.Can(PermSeeMoney) {
			return ErrNotAllowed
		}
		n := p.payment(seen)
		if err := db.checkRelease(ctx, v, *p, n); err != nil {
			return err
		}
		if a, err = db.Enqueue(ctx, v, n.action()); err != nil {
			return err
		}
		p.State, p.ActionID = ProposalApproved, a.ID
		return db.record(ctx, v, p.entry(ActApprovePayment, Change{Field: "Proposed by", New: p.Username}))
	})
	return a, err
}

// checkRelease checks a proposal against the current state, because it may have waited for days.
func (db *DB) checkRelease(ctx context.Context, v Viewer, p PaymentProposal, n NewPayment) error {
	still, err := db.stillMay(ctx, PanelAction{StaffID: p.StaffID, PanelID: p.PanelID, Kind: KindAddPayment})
	if err != nil {
		return err
	}
	if !still {
		return Invalid{"proposal": p.Username + " may no longer add payments. Decline this payment."}
	}
	if err := db.lockPayment(ctx, n); err != nil {
		return err
	}
	invalid := Invalid{}
	if _, err := db.checkMethod(ctx, n, invalid); err != nil {
		return err
	}
	if err := invalid.orNil(); err != nil {
		return err
	}
	twins, err := db.paymentTwins(ctx, v, n, p.ID)
	if err != nil {
		return err
	}
	return unseen(twins, n.Seen)
}

// DeclinePayment ends a proposal without a payment; if the viewer is its author, the proposal counts as withdrawn.
func (db *DB) DeclinePayment(ctx context.Context, v Viewer, id int64, reason string) error {
	return db.decideProposal(ctx, v, id, func(db *DB, p *PaymentProposal) error {
		did := ActDeclinePayment
		p.State = ProposalDeclined
		if p.StaffID == v.StaffID {
			did, p.State = ActWithdrawPayment, ProposalWithdrawn
		}
		e := p.entry(did, Change{Field: "Proposed by", New: p.Username})
		e.Reason = strings.TrimSpace(reason)
		return db.record(ctx, v, e)
	})
}

// decideProposal decides one waiting proposal for a viewer who can add payments there. It locks the row: if two people
// decide in parallel, the second gets ErrTooLate.
func (db *DB) decideProposal(ctx context.Context, v Viewer, id int64, decide func(*DB, *PaymentProposal) error) error {
	if !KindAddPayment.May(v) {
		return ErrNotAllowed
	}
	return db.Tx(ctx, func(db *DB) error {
		var p PaymentProposal
		err := db.idb.NewSelect().Model(&p).Where("id = ? AND panel_id = ANY(?::bigint[])", id, bigints(v.PanelIDs())).
			For("UPDATE").Scan(ctx)
		if err != nil {
			return notFound(err)
		}
		if p.State != ProposalWaiting {
			return ErrTooLate
		}
		if err := decide(db, &p); err != nil {
			return err
		}
		p.DecidedBy, p.Decider, p.DecidedAt = v.StaffID, v.Username, stored(db.now())
		_, err = db.idb.NewUpdate().Model(&p).Column("state", "decided_by", "decider", "decided_at", "action_id").WherePK().Exec(ctx)
		return err
	})
}

// proposedTwins returns the likely duplicates among the waiting proposals, except the proposal but.
func (db *DB) proposedTwins(ctx context.Context, v Viewer, n NewPayment, but int64) ([]PaymentTwin, error) {
	var rows []PaymentProposal
	err := db.idb.NewSelect().Model(&rows).Where("state = 'waiting' AND id <> ?", but).
		Where("panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).
		Where(`(panel_id = ?0 AND lower(target_name) = lower(?1) AND (payload ->> 'amount')::numeric = ?2 OR memo_keys && ?3::text[])`,
			n.PanelID, n.User, n.Amount, pgdialect.Array(append([]string{}, memoKeys(n.Memo)...))).Order("id").Limit(twinsShown).Scan(ctx)
	twins := make([]PaymentTwin, len(rows))
	for i, p := range rows {
		twins[i] = PaymentTwin{Mark: fmt.Sprintf("w%d", p.ID), PanelID: p.PanelID, User: p.TargetName, Memo: p.Payload.Memo, By: p.Username,
			At: p.CreatedAt, SameMemo: SameMemo(p.Payload.Memo, n.Memo),
			SameAmount: p.PanelID == n.PanelID && strings.EqualFold(p.TargetName, n.User) && p.Payload.Amount.Decimal.Equal(n.Amount.Decimal)}
	}
	return twins, err
}
