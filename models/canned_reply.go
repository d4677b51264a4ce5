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

// CannedReply is a text that staff answer with again and again. OwnerID is whose own it is, 0 for one that is shared.
type CannedReply struct {
	bun.BaseModel `bun:"table:canned_replies,alias:c"`
	ID            int64  `bun:"id,pk,autoincrement"`
	OwnerID       int64  `bun:"owner_id,nullzero"`
	Folder        string `bun:"folder"`
	Title         string `bun:"title"`
	Body          string `bun:"body"`
	// ThenDone, ThenAssign and ThenOrder happen with the sending. ThenOrder is a key of MacroOrders, or "".
	ThenDone   bool      `bun:"then_done"`
	ThenAssign bool      `bun:"then_assign"`
	ThenOrder  string    `bun:"then_order"`
	Uses       int64     `bun:"uses"`
	UsedAt     time.Time `bun:"used_at,nullzero"`
	CreatedAt  time.Time `bun:"created_at"`
	ChangedAt  time.Time `bun:"changed_at"`
}

// MacroOrder is what a macro may do to an order: only what asks for nothing more and moves no money.
type MacroOrder struct {
	Name, Label string
	Kind        ActionKind
	Payload     ActionPayload
}

// MacroOrders are all there are. Their names are stored, so they stay.
var MacroOrders = []MacroOrder{
	{"request_cancel", "Request cancel", KindRequestCancel, ActionPayload{}},
	{"pending", "Set to pending", KindChangeStatus, ActionPayload{Status: "pending"}},
	{"in_progress", "Set to in progress", KindChangeStatus, ActionPayload{Status: "in_progress"}},
	{"processing", "Set to processing", KindChangeStatus, ActionPayload{Status: "processing"}},
	{"completed", "Set to completed", KindChangeStatus, ActionPayload{Status: "completed"}},
}

// MacroOrderNamed finds what a macro does to an order; ok is false when there is none of that name.
func MacroOrderNamed(name string) (m MacroOrder, ok bool) {
	i := slices.IndexFunc(MacroOrders, func(m MacroOrder) bool { return m.Name == name })
	if i < 0 {
		return MacroOrder{}, false
	}
	return MacroOrders[i], true
}

// Macro tells whether something more than a reply happens.
func (r CannedReply) Macro() bool { return r.ThenDone || r.ThenAssign || r.ThenOrder != "" }

// Variables are the names that may stand in braces in a canned reply.
var Variables = []string{"user", "order_id", "status", "remains", "start_count", "service", "staff", "panel"}

var variable = regexp.MustCompile(`\{(` + strings.Join(Variables, "|") + `)\}`)

// Fill puts values in the place of variables; those without a value stay, to be asked for. Values are never looked
// through for variables themselves.
func Fill(body string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(body, func(found string) string {
		if value := values[found[1:len(found)-1]]; value != "" {
			return value
		}
		return found
	})
}

// Unfilled is the first variable that still stands in a text, with its braces, or "".
func Unfilled(text string) string { return variable.FindString(text) }

// OrderValues are the values of what is known of a ticket's orders: of one, everything; of several, their ids.
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

// Bounds of a canned reply's texts, in bytes.
const (
	longestTitle  = 120
	longestFolder = 60
	longestCanned = 10_000
)

func (r CannedReply) check() error {
	e := Invalid{}
	e.text("title", r.Title, longestTitle, "Give it a title to find it by.")
	e.text("folder", r.Folder, longestFolder, "")
	e.text("body", r.Body, longestCanned, "Write the reply.")
	if _, known := MacroOrderNamed(r.ThenOrder); r.ThenOrder != "" && !known {
		e["then_order"] = "Choose what to do to the order, or nothing."
	}
	return e.orNil()
}

// ChangeableBy tells whether the viewer may change the reply: their own, or a shared one when they manage settings.
func (r CannedReply) ChangeableBy(v Viewer) bool {
	if r.OwnerID != 0 {
		return r.OwnerID == v.StaffID
	}
	return v.Can(PermManage)
}

// mostCanned bounds a list of canned replies.
const mostCanned = 500

// CannedReplies are the shared ones and the viewer's own, whose title or body holds all words of q, the most used first
// when something is looked for, and else by folder and title.
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

// CannedReply finds one of those that the viewer may use.
func (db *DB) CannedReply(ctx context.Context, v Viewer, id int64) (CannedReply, error) {
	var r CannedReply
	err := db.visibleCanned(v, &r).Where("c.id = ?", id).Scan(ctx)
	return r, notFound(err)
}

func (db *DB) visibleCanned(v Viewer, rows any) *bun.SelectQuery {
	return db.idb.NewSelect().Model(rows).Where("(c.owner_id IS NULL OR c.owner_id = ?)", v.StaffID)
}

// UseCannedReply counts that the viewer put a reply into a text.
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
