package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Activity is one row of the activity log. Rows are only added, never changed.
type Activity struct {
	bun.BaseModel `bun:"table:activity,alias:t"`
	ID            int64     `bun:"id,pk,autoincrement"`
	At            time.Time `bun:"at"`
	// StaffID is 0 for the command line and for a login with an unknown name. Username is the name at that time.
	StaffID  int64  `bun:"staff_id"`
	Username string `bun:"username"`
	Action   Action `bun:"action"`
	// PanelID is NoPanel or ManyPanels if the action concerns no panel or several.
	PanelID   int64    `bun:"panel_id"`
	Object    Object   `bun:"object"`
	ObjectIDs []int64  `bun:"object_ids,array"`
	Changes   []Change `bun:"changes,type:jsonb"`
	Address   string   `bun:"address"`
	UserAgent string   `bun:"user_agent"`
	Device    string   `bun:"device"`
	Result    Result   `bun:"result"`
	Reason    string   `bun:"reason"`
	Words     string   `bun:"words"`
	Sorted
}

// The panel ids of actions that concern no panel or several.
const (
	NoPanel    = 0
	ManyPanels = -1
)

func (a Activity) key() Key { return Key{a.PanelID, a.ID} }

// OnPanel returns the panel that the action concerned, if it was exactly one.
func (a Activity) OnPanel() int64 { return a.PanelID }

// Object is the kind of an action's target. Kinds with pages have the name from the URL.
type Object string

// The objects of actions. Orders, payments, users, tickets and services use the names of their Resource.
const (
	ObjectPanel   Object = "panels"
	ObjectStaff   Object = "staff"
	ObjectSession Object = "sessions"
	ObjectView    Object = "views"
	ObjectReport  Object = "reports"

	ObjectPaymentMethod Object = "payment-methods"
)

// Result is how an action ended.
type Result string

// The results. Refused is for a reason that the person can understand, Failed for one that they can do nothing about.
const (
	Done    Result = "ok"
	Refused Result = "refused"
	Failed  Result = "failed"
)

// Change is one detail of an action, in words: an old and a new value, or only a value in New. It never holds a secret;
// of a key it holds the last four characters.
type Change struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// amountField is the detail that holds an amount of money. Viewers without the permission to see money do not see it in
// other people's actions, and the search ignores it.
const amountField = "Amount"

// changed removes details with equal old and new values.
func changed(all ...Change) []Change {
	return slices.DeleteFunc(all, func(c Change) bool { return c.Old == c.New })
}

// Origin is the source of a person's request. Device is the token of a device that logged in before; only the login
// reads it.
type Origin struct{ Address, UserAgent, Device string }

// The actors that are not staff members: an operator who runs a command, and the worker that carries out requests.
var (
	CommandLine = Viewer{Username: "command line"}
	worker      = Viewer{Username: "worker"}
)

// Entry is a new row for the log. Result "" means Done.
type Entry struct {
	Action    Action
	PanelID   int64
	Object    Object
	ObjectIDs []int64
	Changes   []Change
	Result    Result
	Reason    string
}

// Longer texts are cut, because people read the log.
const (
	longestChange = 1000 // bytes
	longestReason = 500
)

// record adds an action of the viewer to the log. Inside the transaction of the change, both commit or neither. For a
// person who is not logged in, for example at a failed login, the viewer holds the origin and, if known, the name.
func (db *DB) record(ctx context.Context, v Viewer, e Entry) error {
	if _, known := actionNames[e.Action]; !known {
		return fmt.Errorf("activity: no action %q", e.Action)
	}
	if e.Result == "" {
		e.Result = Done
	}
	row := Activity{
		At: db.now(), StaffID: v.StaffID, Username: clip(v.Username, 300), Action: e.Action, PanelID: e.PanelID, Object: e.Object,
		ObjectIDs: e.ObjectIDs, Changes: make([]Change, len(e.Changes)), Address: clip(v.From.Address, 100),
		UserAgent: clip(v.From.UserAgent, 300), Device: device(v.From.UserAgent), Result: e.Result, Reason: clip(e.Reason, longestReason),
	}
	if row.ObjectIDs == nil {
		row.ObjectIDs = []int64{}
	}
	for i, c := range e.Changes {
		row.Changes[i] = Change{clip(c.Field, longestChange), clip(c.Old, longestChange), clip(c.New, longestChange)}
	}
	row.Words = row.searched()
	if _, err := db.idb.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("recording %s: %w", e.Action, err)
	}
	return nil
}

// searched returns the searchable text of the row in lower case. It holds only details that every reader of the row may
// see.
func (a Activity) searched() string {
	words := []string{a.Username, a.Action.String(), a.Reason, a.Address, a.Device}
	for _, id := range a.ObjectIDs {
		words = append(words, strconv.FormatInt(id, 10))
	}
	for _, c := range a.Changes {
		if c.Field != amountField {
			words = append(words, c.Field, c.Old, c.New)
		}
	}
	return strings.ToLower(strings.Join(words, "\n"))
}
