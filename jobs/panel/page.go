package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
)

// Bounds of a page, as public clients found them.
const (
	DefaultLimit = 100  // what a panel uses for limit 0
	MaxLimit     = 1000 // the largest limit; what lies above is unknown, so we never ask for it
	MaxIDs       = 100  // ids in one call
)

// Page is a part of a list, its records as received: most of what is read again and again has not changed, and whoever
// knows a record by its bytes need not decode it. The next page begins at Offset + len(Records), as long as More is set.
// A panel ignores filters it does not know, so a caller who depends on a filter checks the items against it.
type Page[T any] struct {
	Records []json.RawMessage
	Count   int64 // data.count as the panel gives it: most likely the rows of this page; 0 if absent
	Limit   int   // the limit that held: asked for, or the panel's if that is smaller
	Offset  int   // as asked for
	More    bool  // the page is full, so another may follow

	decode func(json.RawMessage) (T, error)
}

// IDs are the ids of the records, read without decoding them and unchecked; 0 where there is none to be seen.
func (p Page[T]) IDs() []int64 {
	ids := make([]int64, len(p.Records))
	for i, raw := range p.Records {
		ids[i] = glimpseID(raw)
	}
	return ids
}

// Decode reads one record; bad is nil unless it cannot be read.
func (p Page[T]) Decode(i int) (item T, bad *BadRecord) {
	raw := p.Records[i]
	item, err := p.decode(raw)
	if err != nil {
		return item, &BadRecord{Raw: raw, ID: remoteID(raw), Err: err}
	}
	return item, nil
}

// All reads every record. One that cannot be read harms no other.
func (p Page[T]) All() (items []T, bad []BadRecord) {
	items = make([]T, 0, len(p.Records))
	for i := range p.Records {
		item, unreadable := p.Decode(i)
		if unreadable != nil {
			bad = append(bad, *unreadable)
			continue
		}
		items = append(items, item)
	}
	return items, bad
}

// BadRecord is an entry of a list that could not be read.
type BadRecord struct {
	Raw json.RawMessage // as received; may be nested too deeply for a jsonb column, or hold \u0000
	ID  *int64          // its id, where that much could be read
	Err error           // names the field and the fault, without the value
}

// pageQuery puts limit and offset into q and returns what it put.
func pageQuery(q url.Values, limit, offset int) (int, int) {
	limit, offset = clampLimit(limit), max(offset, 0)
	q.Set("limit", strconv.Itoa(limit))
	q.Set("offset", strconv.Itoa(offset))
	return limit, offset
}

func clampLimit(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

// fetchPage asks for one page of a list.
func fetchPage[T any](ctx context.Context, c *Client, path string, q url.Values, limit, offset int, decode func(json.RawMessage) (T, error)) (Page[T], error) {
	limit, offset = pageQuery(q, limit, offset)
	r := get(path, q)
	env, err := c.admin(ctx, r)
	if err != nil {
		return Page[T]{}, err
	}
	return readPage(c, r, env, limit, offset, decode)
}

// pullPage takes tasks from a panel, which changes their state there.
func pullPage[T any](ctx context.Context, c *Client, path string, serviceIDs []int64, limit int, decode func(json.RawMessage) (T, error)) (Page[T], error) {
	limit = clampLimit(limit)
	r := post(path, struct {
		ServiceIDs string `json:"service_ids,omitempty"`
		Limit      int    `json:"limit"`
	}{joinIDs(serviceIDs), limit})
	env, err := c.admin(ctx, r)
	if err != nil {
		return Page[T]{}, err
	}
	return readPage(c, r, env, limit, 0, decode)
}

func readPage[T any](c *Client, r request, env envelope, limit, offset int, decode func(json.RawMessage) (T, error)) (Page[T], error) {
	l, err := env.list()
	if err != nil {
		return Page[T]{}, c.shape(r, env.status, "the list: "+err.Error())
	}
	asked := limit
	if l.limit > 0 && l.limit < int64(limit) {
		limit = int(l.limit)
	}
	more := len(l.rows) >= limit
	// A panel may ignore the limit. What lies beyond it comes with the next page, so no page takes more memory than asked for.
	rows := l.rows[:min(len(l.rows), max(limit, asked))]
	return Page[T]{Records: rows, Count: l.count, Limit: limit, Offset: offset, More: more, decode: decode}, nil
}

// idNames are what lists call the id of a record, the likeliest first.
var idNames = [...]string{"id", "payment_id", "service", "order_id"}

// glimpseID reads the first member that is called like an id.
func glimpseID(raw json.RawMessage) int64 {
	if len(raw) == 0 || raw[0] != '{' {
		return 0
	}
	for i := skip(raw, 1); raw[i] != '}'; {
		end := valueEnd(raw, i)
		name := raw[i+1 : end-1]
		i = skip(raw, end)
		end = valueEnd(raw, i)
		if slices.Contains(idNames[:], string(name)) {
			id, err := parseID(raw[i:end])
			if err != nil {
				return 0
			}
			return id
		}
		i = skip(raw, end)
	}
	return 0
}

// remoteID reads the id of a record that is otherwise bad, by any of its names.
func remoteID(raw json.RawMessage) *int64 {
	fields, err := splitObject(raw)
	if err != nil {
		return nil
	}
	for _, name := range idNames {
		if id, err := parseID(fields[name]); err == nil {
			return &id
		}
	}
	return nil
}

// joinIDs writes the comma-separated form that every id list has on the wire.
func joinIDs(ids []int64) string {
	var b bytes.Buffer
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}
