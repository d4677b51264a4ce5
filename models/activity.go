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

// Activity is one row of the log of what staff did here. It is only ever added.
type Activity struct {
	bun.BaseModel `bun:"table:activity,alias:t"`
	ID            int64     `bun:"id,pk,autoincrement"`
	At            time.Time `bun:"at"`
	// StaffID is 0 for the command line and for a login under a name that is nobody's. Username is as it was then.
	StaffID  int64  `bun:"staff_id"`
	Username string `bun:"username"`
	Action   Action `bun:"action"`
	// PanelID is NoPanel or ManyPanels for what concerns none or several.
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

// The panels of an action that concerns not exactly one.
const (
	NoPanel    = 0
	ManyPanels = -1
)

func (a Activity) key() Key { return Key{a.PanelID, a.ID} }

// OnPanel is the panel that the action concerned, if it was exactly one.
func (a Activity) OnPanel() int64 { return a.PanelID }

// Object is what an action was done to; those that have pages are named as in URLs.
type Object string

// The objects of actions. Orders, payments, users, tickets and services are those of their Resource.
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

// The results. Refused is for a reason that the person can understand, failed for one that they can do nothing about.
const (
	Done    Result = "ok"
	Refused Result = "refused"
	Failed  Result = "failed"
)

// Change is one detail of an action, in words: a value that became another, or only a value, in New. It never holds a
// secret; of a key it holds its last four characters.
type Change struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// amountField is the detail that tells money. Only who may see money is shown that of others, and nobody searches by it.
const amountField = "Amount"

// changed leaves out what stayed the same.
func changed(all ...Change) []Change {
	return slices.DeleteFunc(all, func(c Change) bool { return c.Old == c.New })
}

// Origin is where a person's request came from.
type Origin struct{ Address, UserAgent string }

// Who acts when no staff member does: an operator who runs a command, and the worker that carries out what was asked.
var (
	CommandLine = Viewer{Username: "command line"}
	worker      = Viewer{Username: "worker"}
)

// Entry is what an action adds to the log. Result "" is Done.
type Entry struct {
	Action    Action
	PanelID   int64
	Object    Object
	ObjectIDs []int64
	Changes   []Change
	Result    Result
	Reason    string
}

// Longer texts are cut: the log is read by people.
const (
	longestChange = 1000 // bytes
	longestReason = 500
)

// record adds an action of the viewer to the log. Called inside the transaction of the change it stands and falls with
// it. Of a person who is not logged in, as at a failed login, the viewer holds the name, if it is known, and the origin.
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

// searched is all that anybody who reads the row can search for, in lower case.
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
