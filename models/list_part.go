package models

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// Part is a tab of a list that is not a status of the mirror, such as my tickets. where selects its rows. holds tells,
// for a value of the list's column parted, if its rows are in the part; the two must agree. A part that does not depend
// on this column has no holds. Instead any tells if it can have rows at all, and only then a separate query counts
// them.
type Part struct {
	Name, Label string
	where       func(query *bun.SelectQuery, v Viewer)
	holds       func(v Viewer, value string) bool
	any         func(ctx context.Context, db *DB, v Viewer) (bool, error)
}

// PartCount is a part with its number of rows under all filters.
type PartCount struct {
	Part  Part
	Count Count
}

// Part returns the part with this name.
func (l *List) Part(name string) (Part, bool) {
	i := slices.IndexFunc(l.Parts, func(p Part) bool { return p.Name == name })
	if i < 0 {
		return Part{}, false
	}
	return l.Parts[i], true
}

// partFilter returns a filter for the column parted.
func (l *List) partFilter() Filter { return Filter{Name: partParam, Column: l.parted} }

// partParam is the URL parameter of a part.
const partParam = "tab"

func (q *ListQuery) parsePart(l *List, word string) {
	if word == "" || len(l.Parts) == 0 {
		return
	}
	if _, ok := l.Part(word); !ok {
		q.notice("This tab does not exist. The list shows all rows.")
		return
	}
	q.Part = word
}

// ticketParts are the tabs of the tickets. Their counts come from the column place, which holds the queue and the
// assignee.
var ticketParts = []Part{
	{Name: "waiting", Label: "Waiting", where: inQueue(QueueWaiting), holds: placed(QueueWaiting)},
	{Name: "mine", Label: "Mine", where: mine, holds: func(v Viewer, place string) bool {
		return place == QueueWaiting+" "+v.Username || place == QueueAnswered+" "+v.Username
	}},
	{Name: "mentions", Label: "Mentions", where: mentioned, any: mentionedEver},
	{Name: "unassigned", Label: "Unassigned", where: func(query *bun.SelectQuery, _ Viewer) { query.Where("t.queue = 'waiting' AND t.holder = ''") },
		holds: func(_ Viewer, place string) bool { return place == QueueWaiting+" " }},
	{Name: "snoozed", Label: "Snoozed", where: inQueue(QueueSnoozed), holds: placed(QueueSnoozed)},
	{Name: "done", Label: "Done", where: inQueue(QueueDone), holds: placed(QueueDone)},
}

func placed(queue string) func(Viewer, string) bool {
	return func(_ Viewer, place string) bool { return strings.HasPrefix(place, queue+" ") }
}

func inQueue(queue string) func(*bun.SelectQuery, Viewer) {
	return func(query *bun.SelectQuery, _ Viewer) { query.Where("t.queue = ?", queue) }
}

// mine selects the viewer's tickets that are neither done nor snoozed. The condition repeats that of the index
// tickets_mine.
func mine(query *bun.SelectQuery, v Viewer) {
	query.Where("t.holder = ? AND t.holder <> '' AND t.queue IN ('waiting', 'answered')", v.Username)
}

// mostMentioned is the number of latest notes with a mention that the query searches. Older mentions need no work any
// more.
const mostMentioned = 200

// mentioned selects tickets with a note that mentions the viewer, until the ticket is done, or as long as the viewer
// has not seen the note.
func mentioned(query *bun.SelectQuery, v Viewer) {
	query.Where(`(t.panel_id, t.id) IN (SELECT n.panel_id, n.ticket_id
		FROM (SELECT note_id, seen_at FROM ticket_mentions WHERE staff_id = ? ORDER BY note_id DESC LIMIT ?) AS m
		JOIN ticket_notes AS n ON n.id = m.note_id JOIN tickets AS named ON named.panel_id = n.panel_id AND named.id = n.ticket_id
		WHERE m.seen_at IS NULL OR named.queue NOT IN ('done', 'closed'))`, v.StaffID, mostMentioned)
}

func mentionedEver(ctx context.Context, db *DB, v Viewer) (ever bool, err error) {
	err = db.idb.NewRaw("SELECT EXISTS (SELECT FROM ticket_mentions WHERE staff_id = ?)", v.StaffID).Scan(ctx, &ever)
	return ever, err
}
