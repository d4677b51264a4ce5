package models

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"masterpanel/models/seal"
)

// PanelAction is one write of a staff member to a panel, from the click to its end. Only the methods here change its
// state, and each checks the state that its caller has seen. If two callers change the same action, the second gets an
// error.
type PanelAction struct {
	bun.BaseModel `bun:"table:actions,alias:t"`
	ID            int64      `bun:"id,pk,autoincrement"`
	FormKey       string     `bun:"key"`
	Kind          ActionKind `bun:"kind"`
	PanelID       int64      `bun:"panel_id"`
	// Resource and TargetID identify the target. A customer is identified by TargetName instead.
	Resource   Resource      `bun:"resource"`
	TargetID   int64         `bun:"target_id"`
	TargetName string        `bun:"target_name"`
	Payload    ActionPayload `bun:"payload,type:jsonb"`
	// Reference is the end of a payment's memo. It lets us find the payment again in the panel's list.
	Reference string `bun:"reference"`
	// MemoKeys are the normalised keys of the memo that staff wrote. They make it comparable with other memos.
	MemoKeys  []string    `bun:"memo_keys,array"`
	StaffID   int64       `bun:"staff_id"`
	Username  string      `bun:"username"`
	CreatedAt time.Time   `bun:"created_at"`
	State     ActionState `bun:"state"`
	// Words is the panel's message, or our own message about the result, for staff.
	Words string `bun:"words"`
	// Cause says why the answer to the last attempt settled nothing; "" if it did. Words says how the action continues.
	Cause string `bun:"cause"`
	// Attempts counts the attempts that may have left this program. It separates the result of one attempt from the
	// next.
	Attempts int `bun:"attempts"`
	// Before is the state of the panel before the attempt; nil until the first attempt.
	Before   *Sight `bun:"before,type:jsonb,nullzero"`
	Failures int    `bun:"failures"`
	Misses   int    `bun:"misses"`
	// DueAt is the time of the next step; zero if no worker has a step to do.
	DueAt     time.Time `bun:"due_at,nullzero"`
	SentAt    time.Time `bun:"sent_at,nullzero"`
	Deadline  time.Time `bun:"deadline,nullzero"`
	EndedAt   time.Time `bun:"ended_at,nullzero"`
	ChangedAt time.Time `bun:"changed_at"`
	// VouchedAt is when a person last decided to send it; zero for never.
	VouchedAt time.Time `bun:"vouched_at,nullzero"`
	// ReceiptID is the payment id in the last answer to a payment, 0 if the answer named none. It is the panel's claim,
	// not a proof.
	ReceiptID int64 `bun:"receipt_id"`
	// AnsweredAt is when an answer arrived that names this action. It is zero while only the panel's list shows the
	// action.
	AnsweredAt time.Time `bun:"answered_at,nullzero"`
	// LookAt is the time of the next background check of the panel: to verify "done" in the panel's list, or while a
	// person has to decide. No other step waits for this check. Zero means that no check is planned.
	LookAt time.Time `bun:"look_at,nullzero"`
	// Reads counts the complete checks after the answer that did not show the action. The first of them began at
	// ReadsFrom.
	Reads     int       `bun:"reads"`
	ReadsFrom time.Time `bun:"reads_from,nullzero"`
	// Found are the ids of the panel's payments that belong to this action. For another kind it is the target's id,
	// once the panel has shown the change.
	Found      []int64   `bun:"found,array"`
	LeaseToken uuid.UUID `bun:"lease_token,type:uuid,nullzero"`
	LeaseUntil time.Time `bun:"lease_until,nullzero"`
	// Address is the panel's address when the action was enqueued, or when a person decided to send it; AddressNo is
	// its number.
	Address   string `bun:"address,scanonly"`
	AddressNo int    `bun:"address_no,scanonly"`
	// BatchID is the batch for which a worker claimed it; 0 outside a batch.
	BatchID int64 `bun:"-"`
	// Aside is true if a worker claimed it for a background check.
	Aside bool `bun:"-"`
	// Secret is the part that is sent and that no page or log shows. A worker reads it right before sending, see
	// ActionSecret.
	Secret seal.Secret `bun:"-" json:"-"`
}

// ActionState is the state of an action.
type ActionState string

// The states of an action. Unconfirmed means that it was sent and that no credible answer came: workers look for it on
// the panel, and if they cannot settle it, a person decides. Done means that the panel's answer names this action, or
// that the panel's list shows it. A worker verifies an answer in the list: if the list does not show the action, done
// becomes unconfirmed and a person decides.
const (
	ActionQueued      ActionState = "queued"
	ActionSending     ActionState = "sending"
	ActionDone        ActionState = "done"
	ActionRefused     ActionState = "refused"
	ActionUnconfirmed ActionState = "unconfirmed"
	ActionCancelled   ActionState = "cancelled"
)

// ActionPayload holds the fields that an action sends. Its kind determines which fields are set.
type ActionPayload struct {
	Message             string              `json:"message,omitempty"`
	Amount              decimal.NullDecimal `json:"amount,omitzero"`
	Method              string              `json:"method,omitempty"`
	Memo                string              `json:"memo,omitempty"`
	AffiliateCommission bool                `json:"affiliate_commission,omitempty"`
	Status              string              `json:"status,omitempty"`
	Remains             *int64              `json:"remains,omitempty"`
	StartCount          *int64              `json:"start_count,omitempty"`
	Link                string              `json:"link,omitempty"`
	CancelReason        string              `json:"cancel_reason,omitempty"`
	Subject             string              `json:"subject,omitempty"`
	Email               string              `json:"email,omitempty"`
}

// actionSettles is how long an action may still appear on the panel after its request's deadline.
const actionSettles = 2 * time.Minute

// SettledAt returns the time after which a missing action counts as not applied.
func (a PanelAction) SettledAt() time.Time { return a.Deadline.Add(actionSettles) }

// Ended reports whether the action has ended.
func (a PanelAction) Ended() bool { return !a.EndedAt.IsZero() }

// AsksPerson reports whether the action waits for a person's decision. An unconfirmed action does if only a person can
// tell its result; a queued one does in a restored database.
func (a PanelAction) AsksPerson() bool {
	return (a.State == ActionUnconfirmed || a.State == ActionQueued) && a.DueAt.IsZero()
}

// Decidable reports whether a person may decide about the action: when it asks for a decision, or after SettledAt.
// Before that time it may still appear on the panel, so its result is unknown.
func (a PanelAction) Decidable(now time.Time) bool {
	return a.AsksPerson() || a.State == ActionUnconfirmed && !now.Before(a.SettledAt())
}

// Said returns the cause of the doubt, followed by Words, for staff.
func (a PanelAction) Said() string { return strings.TrimSpace(a.Cause + " " + a.Words) }

// SentMemo returns the memo as the panel gets it: the text that staff wrote, then our reference.
func (a PanelAction) SentMemo() string {
	if a.Payload.Memo == "" {
		return a.Reference
	}
	return a.Payload.Memo + " " + a.Reference
}

// PanelAction returns one action if the viewer may see its panel, else ErrNotFound.
func (db *DB) PanelAction(ctx context.Context, v Viewer, id int64) (PanelAction, error) {
	var a PanelAction
	err := db.idb.NewSelect().Model(&a).Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).Where("t.id = ?", id).Scan(ctx)
	return a, notFound(err)
}
