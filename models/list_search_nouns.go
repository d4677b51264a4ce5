package models

import (
	"slices"
	"strings"

	"masterpanel/models/linkkey"
)

// searchOrders interprets a text, in this order, as ids, an e-mail, a part of a link, or words.
func searchOrders(v Viewer, text string) search {
	external := search{condition: "t.external_id = ?", args: []any{text}}
	if ids, ok := orderIDs(v, text, string(Orders)); ok {
		if ids.panel.ID != 0 {
			return ids.search("Order")
		}
		byID := ids.search("Order or provider ID")
		return either(byID.reading, byID, search{condition: "t.external_id = ANY(?::text[])", args: []any{ids.distinct()}}, is("user_name", text))
	}
	if left := leftOut(v.readIDs(text)); len(left.Grouped) > 0 && len(left.Ignored) == 0 {
		return search{condition: "FALSE", reading: left.GroupedWords()}
	}
	if wholeEmail.MatchString(text) && v.Can(PermSeeEmails) {
		theirs := ofEmail(text)
		return either(theirs.reading, theirs, is("user_name", text))
	}
	link := bareLink(text)
	switch {
	case !strings.ContainsAny(text, "/.@?="):
		s := either("User starts with "+quoted(text), begins("user_name", text), external)
		s.many = true
		return s
	case longestRun(link) < minInside:
		return either("Link or user or provider ID is "+quoted(text)+" (a part of a link is found by 3 letters or digits in a row)",
			sameTarget(text), is("user_name", text), external)
	}
	return either("Link leads to or contains "+quoted(link)+about(v), sameTarget(text), containsCode(insideLink(v, link), text), is("user_name", text), external)
}

// sameTarget finds every spelling of a link.
func sameTarget(text string) search {
	return search{condition: "t.link_key = ANY(?::bigint[])", args: []any{linkHashes(linkkey.Candidates(text))}}
}

// containsCode narrows a substring search to links that contain the code of a post with the same upper and lower case.
func containsCode(s search, text string) search {
	key := linkkey.Of(text, "")
	host, _, _ := strings.Cut(key, "/")
	code := key[strings.LastIndexAny(key, "/=")+1:]
	if !strings.Contains(host, ".") || !linkkey.CaseMatters(code) || !strings.Contains(text, code) {
		return s
	}
	s.condition = "(" + s.condition + ") AND t.link LIKE ?"
	s.args = append(s.args, contains(code))
	return s
}

// insideLink searches for a part of a link by the longest segment of its path, because for a site's name the index
// would read half of all links. The result is then filtered by the whole part. For a short segment, or one like "zzzz",
// the index knows little besides its start, so the search adds the slash before it. The slash that ends the scheme is
// not in the index, but the text after it starts a link there.
func insideLink(v Viewer, part string) search {
	const indexed = "bare_link(t.link)"
	pieces := strings.Split(part, "/")
	piece := slices.MaxFunc(pieces[min(1, len(pieces)-1):], func(a, b string) int { return len(a) - len(b) })
	if longestRun(piece) < minInside || piece == part {
		return inside(v, indexed, part)
	}
	s := inside(v, indexed, piece)
	if threes(piece) < fewThrees {
		s = inside(v, indexed, "/"+piece)
		if after := strings.TrimLeft(part, "/"); after != part && strings.HasPrefix(after, piece) {
			s = either("", s, matching(v, indexed, startsWith(piece)))
		}
	}
	s.condition = "(" + s.condition + ") AND t.link ILIKE ?"
	s.args = append(s.args, contains(part))
	return s
}

// fewThrees is the number of trigrams that still match thousands of five million links.
const fewThrees = 3

// bareLink returns the common part of all spellings of a link: no scheme, no www and no slash at the end.
func bareLink(text string) string {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "www."), "/")
	if bare == "" {
		return text
	}
	return bare
}

func searchPayments(v Viewer, text string) search {
	return searchOfCustomer(v, text, "Payment", "memo")
}

func searchTickets(v Viewer, text string) search {
	return searchOfCustomer(v, text, "Ticket", "subject")
}

// searchOfCustomer searches for ids, for a customer, and inside a text column.
func searchOfCustomer(v Viewer, text, noun, column string) search {
	within := insideWords(v, "t."+column, text)
	long := longestRun(text) >= minInside
	if ids, ok := codedIDs(v, text, strings.ToLower(noun)+"s"); ok {
		byID := ids.search(noun)
		if len(ids.all) > 1 || ids.panel.ID != 0 || !long {
			return byID
		}
		return either(byID.reading+" or "+column+" contains it"+about(v), byID, within)
	}
	if wholeEmail.MatchString(text) && v.Can(PermSeeEmails) {
		theirs := ofEmail(text)
		return either(theirs.reading+" or "+column+" contains it"+about(v), theirs, within)
	}
	if !long {
		return either("User starts with "+quoted(text)+" (a "+column+" is found by 3 letters or digits in a row)", begins("user_name", text))
	}
	return either("User starts with or "+column+" contains "+quoted(text)+about(v), begins("user_name", text), within)
}

// searchUsers searches e-mails only for viewers with PermSeeEmails, because a match would reveal an e-mail.
func searchUsers(v Viewer, text string) search {
	ids, ok := codedIDs(v, text, string(Users))
	switch {
	case ok && (len(ids.all) > 1 || ids.panel.ID != 0):
		return ids.search("User")
	case ok:
		byID := ids.search("User ID")
		return either(byID.reading+" or username starts with it", byID, begins("username", text))
	case !v.Can(PermSeeEmails):
		return either("Username starts with "+quoted(text), begins("username", text))
	case strings.Contains(text, "@"):
		return either("E-mail starts with "+quoted(text), begins("email", text), is("username", text))
	}
	return either("Username or e-mail starts with "+quoted(text), begins("username", text), begins("email", text))
}

func searchServices(v Viewer, text string) search {
	if ids, ok := codedIDs(v, text, string(Services)); ok {
		return ids.search("Service")
	}
	return search{condition: `t.name ILIKE ? OR t.category ILIKE ?`, args: []any{contains(text), contains(text)},
		reading: "Name or category contains " + quoted(text)}
}
