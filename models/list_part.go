package models

import (
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// Part is a part of a list that has a tab of its own and is no status of the mirror's: those tickets that are mine, say.
// Its rows are those that where finds; holds tells of a value of the list's column by which parts are counted whether its
// rows are in it. The two must agree.
type Part struct {
	Name, Label string
	where       func(query *bun.SelectQuery, v Viewer)
	holds       func(v Viewer, value string) bool
}

// PartCount is a part with how many rows it has under all filters.
type PartCount struct {
	Part  Part
	Count Count
}

// Part finds a part by its name.
func (l *List) Part(name string) (Part, bool) {
	i := slices.IndexFunc(l.Parts, func(p Part) bool { return p.Name == name })
	if i < 0 {
		return Part{}, false
	}
	return l.Parts[i], true
}

// partFilter stands for the column by which parts are counted.
func (l *List) partFilter() Filter { return Filter{Name: partParam, Column: l.parted} }

// partParam is the parameter that chooses a part.
const partParam = "tab"

func (q *ListQuery) parsePart(l *List, word string) {
	if word == "" || len(l.Parts) == 0 {
		return
	}
	if _, ok := l.Part(word); !ok {
		q.notice("There is no such tab; this is all of it.")
		return
	}
	q.Part = word
}

// ticketParts are the tabs of the tickets. Their numbers come from place, which is the queue and who has the ticket.
var ticketParts = []Part{
	{"waiting", "Waiting", inQueue(QueueWaiting), func(_ Viewer, place string) bool { return strings.HasPrefix(place, QueueWaiting+" ") }},
	{"mine", "Mine", mine, func(v Viewer, place string) bool {
		return place == QueueWaiting+" "+v.Username || place == QueueAnswered+" "+v.Username
	}},
	{"unassigned", "Unassigned", func(query *bun.SelectQuery, _ Viewer) { query.Where("t.queue = 'waiting' AND t.holder = ''") },
		func(_ Viewer, place string) bool { return place == QueueWaiting+" " }},
	{"snoozed", "Snoozed", inQueue(QueueSnoozed), func(_ Viewer, place string) bool { return strings.HasPrefix(place, QueueSnoozed+" ") }},
	{"done", "Done", inQueue(QueueDone), func(_ Viewer, place string) bool { return strings.HasPrefix(place, QueueDone+" ") }},
}

func inQueue(queue string) func(*bun.SelectQuery, Viewer) {
	return func(query *bun.SelectQuery, _ Viewer) { query.Where("t.queue = ?", queue) }
}

// mine are the tickets that the viewer has and that are neither done nor put off. The condition repeats that of the index
// tickets_mine.
func mine(query *bun.SelectQuery, v Viewer) {
	query.Where("t.holder = ? AND t.holder <> '' AND t.queue IN ('waiting', 'answered')", v.Username)
}
