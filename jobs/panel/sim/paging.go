package sim

import (
	"net/url"
	"strconv"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// pageInfo is the "pagination" object of a list.
type pageInfo struct {
	limit, offset int
	more          bool // the list has more rows
	countAll      bool // the answer needs the total
	path          string
	query         url.Values
}

func readPage(c *call, v Variants) *pageInfo {
	limit, _ := strconv.Atoi(c.query.Get("limit"))
	offset, _ := strconv.Atoi(c.query.Get("offset"))
	return &pageInfo{limit: clampLimit(limit), offset: max(offset, 0), countAll: v.CountIsTotal, path: c.path, query: c.query}
}

// clampLimit returns the default for a missing limit or 0, and at most 1,000.
func clampLimit(n int) int {
	if n <= 0 {
		return defaultLimit
	}
	return min(n, maxLimit)
}

// cut takes the page from rows that are sorted oldest first. keep may be nil. It reads more than one row past the
// page only if the panel reports the total.
func cut[T any](rows []T, keep func(T) bool, newestFirst bool, pg *pageInfo) (list []T, total int) {
	for i := range rows {
		row := rows[i]
		if newestFirst {
			row = rows[len(rows)-1-i]
		}
		if keep != nil && !keep(row) {
			continue
		}
		if pg.more = total >= pg.offset+pg.limit; pg.more && !pg.countAll {
			break
		}
		if total >= pg.offset && !pg.more {
			list = append(list, row)
		}
		total++
	}
	return list, total
}

// list writes data {count, list} of one page; pagination follows in the envelope.
func list[T any](out *wire, pg *pageInfo, rows []T, total int, write func(*wire, T)) {
	count := len(rows)
	if out.v.CountIsTotal {
		count = total
	}
	out.page = pg
	out.reserve(len(rows))
	out.open('{')
	out.int("count", int64(count))
	out.array("list", func() {
		for _, row := range rows {
			out.open('{')
			write(out, row)
			out.close('}')
		}
	})
	if out.v.PaginationInData && !out.v.NoPagination {
		pg.write(out)
	}
	out.close('}')
}

func (pg *pageInfo) write(out *wire) {
	out.object("pagination", func() {
		pg.href(out, "prev_page_href", pg.offset > 0, max(pg.offset-pg.limit, 0))
		pg.href(out, "next_page_href", pg.more, pg.offset+pg.limit)
		out.int("offset", int64(pg.offset))
		out.int("limit", int64(pg.limit))
	})
}

// href writes a link to another page. It is relative to the domain and keeps the other parameters.
func (pg *pageInfo) href(out *wire, name string, exists bool, offset int) {
	if !exists {
		if out.v.NullPageHrefs {
			out.null(name)
		} else {
			out.text(name, "")
		}
		return
	}
	q := url.Values{}
	for k, v := range pg.query {
		q[k] = v
	}
	q.Set("offset", strconv.Itoa(offset))
	q.Set("limit", strconv.Itoa(pg.limit))
	out.text(name, pg.path+"?"+q.Encode())
}
