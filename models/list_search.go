package models

import (
	"strconv"
	"strings"
)

// search is how the text of the search box is understood: a condition with its arguments, and the reading in words.
type search struct {
	condition string
	args      []any
	reading   string
}

// maxSearchIDs is how many ids may be searched for at once.
const maxSearchIDs = 500

// Reading says how the search box's text is understood, such as "User starts with anna".
func (l *List) Reading(v Viewer, text string) string {
	if text == "" {
		return ""
	}
	return l.search(v, text).reading
}

// searchedIDs reads a list of whole numbers separated by commas, spaces or lines; ok is false when it is none.
func searchedIDs(text string) (ids []int64, ok bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r <= ' ' })
	if len(words) > maxSearchIDs {
		words = words[:maxSearchIDs]
	}
	for _, word := range words {
		id, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
		if err != nil || id < 0 {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, len(ids) > 0
}

func idReading(noun string, ids []int64) string {
	if len(ids) > 1 {
		return "Any of " + strconv.Itoa(len(ids)) + " IDs"
	}
	return noun + " ID " + strconv.FormatInt(ids[0], 10)
}

func searchOrders(_ Viewer, text string) search {
	if ids, ok := searchedIDs(text); ok {
		external := make([]string, len(ids))
		for i, id := range ids {
			external[i] = strconv.FormatInt(id, 10)
		}
		return search{`t.id = ANY(?::bigint[]) OR t.external_id = ANY(?::text[]) OR lower(t.user_name) = lower(?)`,
			[]any{bigints(ids), "{" + strings.Join(external, ",") + "}", text}, idReading("Order or provider", ids)}
	}
	if strings.ContainsAny(text, "/.@?") {
		return search{`t.link ILIKE ? OR lower(t.user_name) = lower(?) OR t.external_id = ?`,
			[]any{contains(text), text, text}, "Link contains “" + text + "”"}
	}
	return search{`lower(t.user_name) LIKE lower(?) OR t.external_id = ?`, []any{startsWith(text), text}, "User starts with “" + text + "”"}
}

func searchPayments(_ Viewer, text string) search {
	if ids, ok := searchedIDs(text); ok {
		return search{`t.id = ANY(?::bigint[]) OR t.memo ILIKE ?`, []any{bigints(ids), contains(text)}, idReading("Payment", ids)}
	}
	return search{`lower(t.user_name) LIKE lower(?) OR t.memo ILIKE ?`, []any{startsWith(text), contains(text)},
		"User starts with or memo contains “" + text + "”"}
}

// searchUsers looks at e-mails only for who may see them: what is found would tell them.
func searchUsers(v Viewer, text string) search {
	ids, ok := searchedIDs(text)
	switch {
	case ok:
		return search{`t.id = ANY(?::bigint[]) OR lower(t.username) LIKE lower(?)`, []any{bigints(ids), startsWith(text)}, idReading("User", ids)}
	case !v.Can(PermSeeEmails):
		return search{`lower(t.username) LIKE lower(?)`, []any{startsWith(text)}, "Username starts with “" + text + "”"}
	case strings.Contains(text, "@"):
		return search{`lower(t.email) LIKE lower(?) OR lower(t.username) = lower(?)`, []any{startsWith(text), text},
			"E-mail starts with “" + text + "”"}
	}
	return search{`lower(t.username) LIKE lower(?) OR lower(t.email) LIKE lower(?)`, []any{startsWith(text), startsWith(text)},
		"Username or e-mail starts with “" + text + "”"}
}

func searchTickets(_ Viewer, text string) search {
	if ids, ok := searchedIDs(text); ok {
		return search{`t.id = ANY(?::bigint[]) OR t.subject ILIKE ?`, []any{bigints(ids), contains(text)}, idReading("Ticket", ids)}
	}
	return search{`lower(t.user_name) LIKE lower(?) OR t.subject ILIKE ?`, []any{startsWith(text), contains(text)},
		"User starts with or subject contains “" + text + "”"}
}

func searchServices(_ Viewer, text string) search {
	if ids, ok := searchedIDs(text); ok {
		return search{`t.id = ANY(?::bigint[])`, []any{bigints(ids)}, idReading("Service", ids)}
	}
	return search{`t.name ILIKE ? OR t.category ILIKE ?`, []any{contains(text), contains(text)},
		"Name or category contains “" + text + "”"}
}
