package models

import "strings"

// aging describes how a resource's rows become old: their table, the relevant time, and the column that purged_days
// sums for deleted rows, "" if there is none.
type aging struct{ table, at, amount string }

// agingOf describes a resource with a retention. The age of a ticket counts from its last update: a ticket that was
// answered yesterday is not old, even if it was opened long ago.
func agingOf(r Resource) aging {
	switch r {
	case Orders:
		return aging{"orders", "created_at", "charge"}
	case Payments:
		return aging{"payments", "created_at", "amount"}
	default:
		return aging{"tickets", "updated_at", ""}
	}
}

// Ties are the reasons to keep old rows of the mirror (alias t, of TABLE). Each is a query for (panel_id, id) of the
// rows that the condition ROWS selects. An order or a payment stays while its customer has an open ticket on that
// panel, and while an open ticket there contains its id as a number in the subject or in a message. A ticket stays
// while it is open or snoozed, or if it has notes. The target of an action stays until the action has ended, and the
// order of an open report until the report is resolved. Add further reasons here. MENTIONS narrows a text to rows that
// contain an id of a batch, through the indexes on numbers_in.
const (
	tiedByCustomer = `SELECT t.panel_id, t.id FROM TABLE AS t
		JOIN tickets AS k ON k.panel_id = t.panel_id AND lower(k.user_name) = lower(t.user_name) AND k.user_name = t.user_name
		WHERE t.user_name <> '' AND coalesce(k.status, '') NOT IN ('closed', 'locked') AND ROWS`
	tiedBySubject = `SELECT t.panel_id, t.id FROM tickets AS k CROSS JOIN unnest(numbers_in(k.subject)) AS n
		JOIN TABLE AS t ON t.panel_id = k.panel_id AND t.id = n
		WHERE coalesce(k.status, '') NOT IN ('closed', 'locked') AND MENTIONS(k.subject) AND ROWS`
	tiedByMessage = `SELECT t.panel_id, t.id FROM ticket_messages AS m
		JOIN tickets AS k ON k.panel_id = m.panel_id AND k.id = m.ticket_id
		CROSS JOIN unnest(numbers_in(m.body)) AS n
		JOIN TABLE AS t ON t.panel_id = k.panel_id AND t.id = n
		WHERE coalesce(k.status, '') NOT IN ('closed', 'locked') AND MENTIONS(m.body) AND ROWS`
	tiedByAction = `SELECT t.panel_id, t.id FROM actions AS a JOIN TABLE AS t ON t.panel_id = a.panel_id AND t.id = a.target_id
		WHERE a.state IN ` + unfinished + ` AND a.resource = 'TABLE' AND ROWS`
	tiedByReport = `SELECT t.panel_id, t.id FROM reports AS p JOIN TABLE AS t ON t.panel_id = p.panel_id AND t.id = p.order_id
		WHERE p.status = 'open' AND p.order_id <> 0 AND ROWS`
	tiedByDesk = `SELECT t.panel_id, t.id FROM ticket_desk AS d JOIN TABLE AS t ON t.panel_id = d.panel_id AND t.id = d.ticket_id
		WHERE (d.snoozed_at IS NOT NULL OR d.woken_at IS NOT NULL) AND ROWS
		UNION SELECT t.panel_id, t.id FROM ticket_notes AS n JOIN TABLE AS t ON t.panel_id = n.panel_id AND t.id = n.ticket_id
		WHERE ROWS`
	tiedAsOpen = `SELECT t.panel_id, t.id FROM TABLE AS t WHERE coalesce(t.status, '') NOT IN ('closed', 'locked') AND ROWS`
)

func tiesOf(table string) []string {
	switch table {
	case "tickets":
		return []string{tiedAsOpen, tiedByAction, tiedByDesk}
	case "orders":
		return []string{tiedByCustomer, tiedBySubject, tiedByMessage, tiedByAction, tiedByReport}
	}
	return []string{tiedByCustomer, tiedBySubject, tiedByMessage, tiedByAction}
}

// tied returns a query for (panel_id, id) of the rows that a condition on t selects and that a tie keeps. ids is the
// placeholder for a batch's ids, or "" if there are too many rows to list.
func (a aging) tied(rows, ids string) string {
	mentions := func(text string) string {
		if ids == "" {
			return "true"
		}
		return "numbers_in(" + text + ") && " + ids
	}
	return strings.NewReplacer("TABLE", a.table, "ROWS", rows,
		"MENTIONS(k.subject)", mentions("k.subject"), "MENTIONS(m.body)", mentions("m.body"),
	).Replace(strings.Join(tiesOf(a.table), " UNION "))
}
