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

// PanelAction is one write of a staff member to a panel, from the click to its end. Only the methods here move it, each
// from the state that it was seen in, so that of two who want to move it one finds that it is too late.
type PanelAction struct {
	bun.BaseModel `bun:"table:actions,alias:t"`
	ID            int64      `bun:"id,pk,autoincrement"`
	FormKey       string     `bun:"key"`
	Kind          ActionKind `bun:"kind"`
	PanelID       int64      `bun:"panel_id"`
	// Resource and TargetID, or TargetName for a customer, are what it is done to.
	Resource   Resource      `bun:"resource"`
	TargetID   int64         `bun:"target_id"`
	TargetName string        `bun:"target_name"`
	Payload    ActionPayload `bun:"payload,type:jsonb"`
	// Reference is what a payment's memo ends with, so that the payment can be found again.
	Reference string `bun:"reference"`
	// MemoKeys are those by which what staff wrote into a payment's memo compares with others.
	MemoKeys  []string    `bun:"memo_keys,array"`
	StaffID   int64       `bun:"staff_id"`
	Username  string      `bun:"username"`
	CreatedAt time.Time   `bun:"created_at"`
	State     ActionState `bun:"state"`
	// Words are the panel's, or ours about what happened, for staff.
	Words string `bun:"words"`
	// Cause says why the answer to the last attempt settled nothing; "" without one. Words say what follows from it.
	Cause string `bun:"cause"`
	// Attempts is how often it may have left; it fences what is known of one attempt from the next.
	Attempts int `bun:"attempts"`
	// Before is what the panel held before the attempt; nil until there was one.
	Before   *Sight `bun:"before,type:jsonb,nullzero"`
	Failures int    `bun:"failures"`
	Misses   int    `bun:"misses"`
	// DueAt is when something is to be done next; zero when nothing happens by itself.
	DueAt     time.Time `bun:"due_at,nullzero"`
	SentAt    time.Time `bun:"sent_at,nullzero"`
	Deadline  time.Time `bun:"deadline,nullzero"`
	EndedAt   time.Time `bun:"ended_at,nullzero"`
	ChangedAt time.Time `bun:"changed_at"`
	// VouchedAt is when a person last said to send it; zero for never.
	VouchedAt time.Time `bun:"vouched_at,nullzero"`
	// ReceiptID is the payment id of the last answer to a payment, 0 if none named one. It is the panel's claim.
	ReceiptID int64 `bun:"receipt_id"`
	// AnsweredAt is when an answer came that names this action; zero while nothing but the panel's list tells of it.
	AnsweredAt time.Time `bun:"answered_at,nullzero"`
	// LookAt is when the panel is looked at again though nothing waits for it: to hold "done" against the panel, and while
	// a person is asked. Zero when nobody looks any more.
	LookAt time.Time `bun:"look_at,nullzero"`
	// Reads is how many whole looks after the answer did not show the action, the first of which began at ReadsFrom.
	Reads     int       `bun:"reads"`
	ReadsFrom time.Time `bun:"reads_from,nullzero"`
	// Found are the panel's payments that are this one, or for another kind its target, once the panel has shown it.
	Found      []int64   `bun:"found,array"`
	LeaseToken uuid.UUID `bun:"lease_token,type:uuid,nullzero"`
	LeaseUntil time.Time `bun:"lease_until,nullzero"`
	// Address is where its panel was when it was asked for, or when a person decided to send it; AddressNo is its number.
	Address   string `bun:"address,scanonly"`
	AddressNo int    `bun:"address_no,scanonly"`
	// BatchID is the batch for which it was claimed; 0 when it is worked on by itself.
	BatchID int64 `bun:"-"`
	// Aside says that it was claimed for a look that nothing waits for.
	Aside bool `bun:"-"`
	// Secret is what is sent and nobody may read; it is read right before that, see ActionSecret.
	Secret seal.Secret `bun:"-" json:"-"`
}

// ActionState is how far an action is.
type ActionState string

// The states of an action. Unconfirmed is sent without an answer that could be believed; it is looked for on the panel,
// and where that cannot settle it, a person is asked. Done is the panel's answer about this very action, or what its list
// shows. An answer alone is held against the list: where the list does not show it, done becomes unconfirmed and asks.
const (
	ActionQueued      ActionState = "queued"
	ActionSending     ActionState = "sending"
	ActionDone        ActionState = "done"
	ActionRefused     ActionState = "refused"
	ActionUnconfirmed ActionState = "unconfirmed"
	ActionCancelled   ActionState = "cancelled"
)

// ActionPayload is what an action carries; which fields are set follows from its kind.
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

// actionSettles is how long after its request must have ended an action that is not found on the panel may still appear.
const actionSettles = 2 * time.Minute

// SettledAt is from when on not finding the action on its panel means something.
func (a PanelAction) SettledAt() time.Time { return a.Deadline.Add(actionSettles) }

// Ended tells whether nothing happens to the action any more.
func (a PanelAction) Ended() bool { return !a.EndedAt.IsZero() }

// AsksPerson tells whether only a person can say what became of the action, or, of one that waits in a restored
// database, will.
func (a PanelAction) AsksPerson() bool {
	return (a.State == ActionUnconfirmed || a.State == ActionQueued) && a.DueAt.IsZero()
}

// Decidable tells whether a person may say what became of the action: when it asks, or once the time is over in which
// it may still appear by itself. Before that, nobody can know.
func (a PanelAction) Decidable(now time.Time) bool {
	return a.AsksPerson() || a.State == ActionUnconfirmed && !now.Before(a.SettledAt())
}

// Said is all that is known of the action, for staff: the cause of the doubt, then what follows from it.
func (a PanelAction) Said() string { return strings.TrimSpace(a.Cause + " " + a.Words) }

// SentMemo is the memo as it is sent: what staff wrote, and our reference.
func (a PanelAction) SentMemo() string {
	if a.Payload.Memo == "" {
		return a.Reference
	}
	return a.Payload.Memo + " " + a.Reference
}

// PanelAction finds one action on a panel that the viewer may see.
func (db *DB) PanelAction(ctx context.Context, v Viewer, id int64) (PanelAction, error) {
	var a PanelAction
	err := db.idb.NewSelect().Model(&a).Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).Where("t.id = ?", id).Scan(ctx)
	return a, notFound(err)
}
