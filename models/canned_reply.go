package models

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// CannedReply is a saved text for common answers. OwnerID is its owner, 0 for a shared one.
type CannedReply struct {
	bun.BaseModel `bun:"table:canned_replies,alias:c"`
	ID            int64  `bun:"id,pk,autoincrement"`
	OwnerID       int64  `bun:"owner_id,nullzero"`
	Folder        string `bun:"folder"`
	Title         string `bun:"title"`
	Body          string `bun:"body"`
	// ThenDone, ThenAssign and ThenOrder are steps that happen together with the sending. ThenOrder is the name of a
	// MacroOrder, or "".
	ThenDone   bool      `bun:"then_done"`
	ThenAssign bool      `bun:"then_assign"`
	ThenOrder  string    `bun:"then_order"`
	Uses       int64     `bun:"uses"`
	UsedAt     time.Time `bun:"used_at,nullzero"`
	CreatedAt  time.Time `bun:"created_at"`
	ChangedAt  time.Time `bun:"changed_at"`
}

// MacroOrder is an order action that a macro may include: only actions that need no further input and move no money.
type MacroOrder struct {
	Name, Label string
	Kind        ActionKind
	Payload     ActionPayload
}

// MacroOrders lists them all. Their names are stored, so they must not change.
var MacroOrders = []MacroOrder{
	{"request_cancel", "Request cancel", KindRequestCancel, ActionPayload{}},
	{"pending", "Set to pending", KindChangeStatus, ActionPayload{Status: "pending"}},
	{"in_progress", "Set to in progress", KindChangeStatus, ActionPayload{Status: "in_progress"}},
	{"processing", "Set to processing", KindChangeStatus, ActionPayload{Status: "processing"}},
	{"completed", "Set to completed", KindChangeStatus, ActionPayload{Status: "completed"}},
}

// MacroOrderNamed returns the order action with this name; ok is false for an unknown name.
func MacroOrderNamed(name string) (m MacroOrder, ok bool) {
	i := slices.IndexFunc(MacroOrders, func(m MacroOrder) bool { return m.Name == name })
	if i < 0 {
		return MacroOrder{}, false
	}
	return MacroOrders[i], true
}

// Macro reports whether the reply includes further steps.
func (r CannedReply) Macro() bool { return r.ThenDone || r.ThenAssign || r.ThenOrder != "" }

// Variables are the names that can appear in braces in a canned reply.
var Variables = []string{"user", "order_id", "status", "remains", "start_count", "service", "staff", "panel"}

var variable = regexp.MustCompile(`\{(` + strings.Join(Variables, "|") + `)\}`)

// Fill replaces variables by their values; variables without a value stay, so that the page can ask for them. It never
// replaces variables inside values.
func Fill(body string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(body, func(found string) string {
		if value := values[found[1:len(found)-1]]; value != "" {
			return value
		}
		return found
	})
}

// Unfilled returns the first variable that is left in a text, with its braces, or "".
func Unfilled(text string) string { return variable.FindString(text) }

// OrderValues returns the variables' values for a ticket's orders: all values for one order, only the ids for several.
func OrderValues(orders []Order) map[string]string {
	var ids []string
	for _, o := range orders {
		ids = append(ids, strconv.FormatInt(o.ID, 10))
	}
	values := map[string]string{"order_id": strings.Join(ids, ", ")}
	if len(orders) != 1 {
		return values
	}
	o := orders[0]
	values["status"], values["service"] = statusWords(o.Status), o.ServiceName
	if o.Remains != nil {
		values["remains"] = strconv.FormatInt(*o.Remains, 10)
	}
	if o.StartCount != nil {
		values["start_count"] = strconv.FormatInt(*o.StartCount, 10)
	}
	return values
}

// Limits of a canned reply's texts, in bytes.
const (
	longestTitle  = 120
	longestFolder = 60
	longestCanned = 10_000
)

func (r CannedReply) check() error {
	e := Invalid{}
	e.text("title", r.Title, longestTitle, "Enter a title.")
	e.text("folder", r.Folder, longestFolder, "")
	e.text("body", r.Body, longestCanned, "Write the reply.")
	if _, known := MacroOrderNamed(r.ThenOrder); r.ThenOrder != "" && !known {
		e["then_order"] = "Choose an order action, or none."
	}
	return e.orNil()
}

// ChangeableBy reports whether the viewer may change the reply: their own, or a shared one if they have PermManage.
func (r CannedReply) ChangeableBy(v Viewer) bool {
	if r.OwnerID != 0 {
		return r.OwnerID == v.StaffID
	}
	return v.Can(PermManage)
}

// mostCanned limits the length of a list of canned replies.
const mostCanned = 500

// CannedReplies returns the shared replies and the viewer's own whose title, folder or body contains each word of q (it
// uses the first 8). Matches in the title come first, then the most used; without q it sorts by folder and title.
func (db *DB) CannedReplies(ctx context.Context, v Viewer, q string) ([]CannedReply, error) {
	var rows []CannedReply
	query := db.visibleCanned(v, &rows).Limit(mostCanned)
	words := strings.Fields(q)
	for _, word := range words[:min(len(words), 8)] {
		query.Where("(c.title || ' ' || c.folder || ' ' || c.body) ILIKE ?", contains(word))
	}
	if len(words) > 0 {
		query.OrderExpr("c.title ILIKE ? DESC", contains(q)).OrderExpr("c.uses DESC, lower(c.title), c.id")
	} else {
		query.OrderExpr("lower(c.folder), lower(c.title), c.id")
	}
	err := query.Scan(ctx)
	return rows, err
}

// CannedReply returns one reply that the viewer may use, else ErrNotFound.
func (db *DB) CannedReply(ctx context.Context, v Viewer, id int64) (CannedReply, error) {
	var r CannedReply
	err := db.visibleCanned(v, &r).Where("c.id = ?", id).Scan(ctx)
	return r, notFound(err)
}

func (db *DB) visibleCanned(v Viewer, rows any) *bun.SelectQuery {
	return db.idb.NewSelect().Model(rows).Where("(c.owner_id IS NULL OR c.owner_id = ?)", v.StaffID)
}

// UseCannedReply counts that the viewer inserted a reply into a text.
func (db *DB) UseCannedReply(ctx context.Context, v Viewer, id int64) error {
	if !KindReply.May(v) {
		return ErrNotAllowed
	}
	result, err := db.idb.NewUpdate().Model((*CannedReply)(nil)).Set("uses = uses + 1").Set("used_at = ?", db.now()).
		Where("id = ? AND (owner_id IS NULL OR owner_id = ?)", id, v.StaffID).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNotFound
}
