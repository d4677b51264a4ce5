package models

import (
	"context"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// OutboxRow is an action as the outbox shows it. Status is its state, or StatusNeedsPerson. Held is the reason why its
// panel accepts no call now. Behind says that it waits for an earlier action on the same target.
type OutboxRow struct {
	bun.BaseModel `bun:"table:outbox,alias:t"`
	Key
	Sorted
	Kind       ActionKind    `bun:"kind"`
	Resource   Resource      `bun:"resource"`
	TargetID   int64         `bun:"target_id"`
	TargetName string        `bun:"target_name"`
	Payload    ActionPayload `bun:"payload,type:jsonb"`
	Reference  string        `bun:"reference"`
	StaffID    int64         `bun:"staff_id"`
	Username   string        `bun:"username"`
	CreatedAt  time.Time     `bun:"created_at"`
	State      ActionState   `bun:"state"`
	Status     string        `bun:"status"`
	Words      string        `bun:"words"`
	Cause      string        `bun:"cause"`
	Attempts   int           `bun:"attempts"`
	DueAt      time.Time     `bun:"due_at,nullzero"`
	SentAt     time.Time     `bun:"sent_at,nullzero"`
	Deadline   time.Time     `bun:"deadline,nullzero"`
	EndedAt    time.Time     `bun:"ended_at,nullzero"`
	ChangedAt  time.Time     `bun:"changed_at"`
	Held       Hold          `bun:"held"`
	Behind     bool          `bun:"behind"`
	// Address is the address that it is meant for, PanelURL is the panel's current one; both have numbers.
	Address        string `bun:"address"`
	AddressNo      int    `bun:"address_no"`
	PanelURL       string `bun:"panel_url"`
	PanelAddressNo int    `bun:"panel_address_no"`
}

// Hold is the reason why a whole panel accepts no call now.
type Hold string

// The holds.
const (
	HoldNone   Hold = ""
	HoldPaused Hold = "paused"
	HoldKey    Hold = "key"
	HoldDown   Hold = "down"
	HoldCheck  Hold = "check"
)

// StatusNeedsPerson is the status of an action that waits for a person's decision.
const StatusNeedsPerson = "needs_person"

// OutboxList lists every write to a panel.
var OutboxList = &List{
	Noun: "outbox", Table: "outbox", base: "actions", Created: "created_at", DefaultSort: "-created",
	Statuses: []string{StatusNeedsPerson, string(ActionQueued), string(ActionSending), string(ActionUnconfirmed), string(ActionDone),
		string(ActionRefused), string(ActionCancelled)},
	search: searchOutbox, Copies: []Copy{{"ids", "IDs", ""}, {"targets", "target IDs", "target_id"}},
	Columns: []Column{
		panelColumn(), idColumn(), {Name: "kind", Label: "What"}, {Name: "target", Label: "On"}, {Name: "status", Label: "State"},
		{Name: "words", Label: "Words"}, {Name: "details", Label: "Details"}, {Name: "staff", Label: "Staff"}, created,
		{Name: "changed", Label: "Changed", Sort: "t.changed_at", Kind: "timestamptz"},
		{Name: "attempts", Label: "Attempts", Number: true},
	},
	Promoted: []string{"kind", "staff"},
	Filters: []Filter{
		{Name: "status", Label: "State", Column: "status"},
		{Name: "kind", Label: "What", Column: "kind"},
		{Name: "staff", Label: "Staff", Column: "username"},
		{Name: "panel", Label: "Panel", Column: "panel_id", Integer: true, Panel: true},
	},
}

func searchOutbox(_ Viewer, text string) search {
	like := contains(strings.TrimPrefix(text, "#"))
	return search{condition: `t.id::text = ? OR t.target_id::text = ? OR t.target_name ILIKE ? OR t.reference ILIKE ?`,
		args: []any{strings.TrimPrefix(text, "#"), strings.TrimPrefix(text, "#"), like, like}, reading: "ID, target or reference “" + text + "”"}
}

// Outbox lists the actions on the viewer's panels.
func (db *DB) Outbox(ctx context.Context, v Viewer, q ListQuery) (Page[OutboxRow], error) {
	page, err := listPage[OutboxRow](ctx, db, v, OutboxList, q)
	for i := range page.Rows {
		page.Rows[i].veil(v)
	}
	return page, err
}

// OutboxRow returns one action on a panel that the viewer may see, else ErrNotFound.
func (db *DB) OutboxRow(ctx context.Context, v Viewer, id int64) (OutboxRow, error) {
	var row OutboxRow
	err := db.idb.NewSelect().Model(&row).Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs())).Where("t.id = ?", id).Scan(ctx)
	row.veil(v)
	return row, notFound(err)
}

// OutboxOn returns up to n of the latest actions on an order or a ticket, the latest first.
func (db *DB) OutboxOn(ctx context.Context, v Viewer, r Resource, key Key, n int) ([]OutboxRow, error) {
	var rows []OutboxRow
	err := db.idb.NewSelect().Model(&rows).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("t.resource = ? AND t.target_id = ? AND t.target_id > 0", r, key.ID).Order("t.id DESC").Limit(int64(n)).Scan(ctx)
	for i := range rows {
		rows[i].veil(v)
	}
	return rows, err
}

// NeedPerson returns the number of actions that wait for a decision and that the viewer may decide.
func (db *DB) NeedPerson(ctx context.Context, v Viewer) (n int, err error) {
	var kinds []ActionKind
	for _, info := range ActionKinds {
		if info.Kind.May(v) {
			kinds = append(kinds, info.Kind)
		}
	}
	if len(kinds) == 0 || len(v.Panels) == 0 {
		return 0, nil
	}
	err = db.idb.NewRaw(`SELECT count(*) FROM actions WHERE state IN ('queued', 'unconfirmed') AND due_at IS NULL
		AND panel_id = ANY(?::bigint[]) AND kind IN (?)`, bigints(v.PanelIDs()), bun.List(kinds)).Scan(ctx, &n)
	return n, err
}

// veil removes values that the viewer may not see.
func (r *OutboxRow) veil(v Viewer) {
	if !v.Can(PermSeeMoney) {
		r.Payload.Amount = decimal.NullDecimal{}
	}
	if !v.Can(PermSeeEmails) {
		r.Payload.Email = ""
	}
}

// action returns the fields of the row that the rules use.
func (r OutboxRow) action() PanelAction {
	return PanelAction{ID: r.ID, Kind: r.Kind, PanelID: r.PanelID, Resource: r.Resource, TargetID: r.TargetID, TargetName: r.TargetName,
		Payload: r.Payload, State: r.State, Attempts: r.Attempts, DueAt: r.DueAt, Deadline: r.Deadline, EndedAt: r.EndedAt}
}

// Row returns the action as the outbox shows it with this hold on its panel. It does not set Behind.
func (a PanelAction) Row(held Hold) OutboxRow {
	r := OutboxRow{Key: Key{a.PanelID, a.ID}, Kind: a.Kind, Resource: a.Resource, TargetID: a.TargetID, TargetName: a.TargetName,
		Payload: a.Payload, State: a.State, Status: string(a.State), Words: a.Words, Cause: a.Cause, Attempts: a.Attempts, DueAt: a.DueAt,
		Deadline: a.Deadline, EndedAt: a.EndedAt}
	if a.AsksPerson() {
		r.Status = StatusNeedsPerson
	}
	if a.State == ActionQueued || a.State == ActionUnconfirmed {
		r.Held = held
	}
	return r
}

// Moved reports whether the action is meant for an earlier address of its panel.
func (r OutboxRow) Moved() bool { return !r.Ended() && r.AddressNo != r.PanelAddressNo }

// Ended reports whether the action has ended.
func (r OutboxRow) Ended() bool { return r.action().Ended() }

// AsksPerson reports whether the action waits for a person's decision.
func (r OutboxRow) AsksPerson() bool { return r.action().AsksPerson() }

// Decidable reports whether the viewer may decide about the action now.
func (r OutboxRow) Decidable(v Viewer, now time.Time) bool {
	return r.Kind.May(v) && r.action().Decidable(now)
}

// Cancellable reports whether the viewer may cancel the action because it has not been sent.
func (r OutboxRow) Cancellable(v Viewer) bool { return r.State == ActionQueued && r.Kind.May(v) }

// OutboxOfUser returns up to n of the latest actions on a customer that the viewer may see.
func (db *DB) OutboxOfUser(ctx context.Context, v Viewer, panelID int64, username string, n int) ([]OutboxRow, error) {
	var rows []OutboxRow
	err := db.idb.NewSelect().Model(&rows).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{panelID}))).
		Where("t.resource = ? AND t.target_name = ? AND t.target_name <> ''", Users, username).Order("t.id DESC").Limit(int64(n)).Scan(ctx)
	for i := range rows {
		rows[i].veil(v)
	}
	return rows, err
}

// Retryable reports whether the viewer may repeat the action because it ended without an effect. It excludes actions on
// a customer by name: people fill in their form again, and the password of a new user is deleted.
func (r OutboxRow) Retryable(v Viewer) bool {
	return (r.State == ActionRefused || r.State == ActionCancelled) && r.TargetID > 0 && r.Kind.May(v)
}
