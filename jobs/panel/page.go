package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
)

// Limits of a page, as public clients have found them.
const (
	DefaultLimit = 100  // the panel's limit when the request has limit 0
	MaxLimit     = 1000 // the largest limit; higher ones are untested, so no call asks for them
	MaxIDs       = 100  // ids in one call
)

// Page is a part of a list, with its records as received: most records have not changed since the last read, and a
// caller that recognises a record by its bytes need not decode it. The next page begins at Offset + len(Records), as
// long as More is set. A panel ignores filters that it does not know, so a caller that depends on a filter must check
// the items against it.
type Page[T any] struct {
	Records []json.RawMessage
	Count   int64 // data.count as the panel gives it: most likely the rows of this page; 0 if absent
	Limit   int   // the limit that applied: the requested one, or the panel's if that is smaller
	Offset  int   // as requested
	More    bool  // the page is full, so another may follow

	decode func(json.RawMessage) (T, error)
}

// IDs returns the ids of the records without decoding or checking them. A record without a recognisable id has 0.
func (p Page[T]) IDs() []int64 {
	ids := make([]int64, len(p.Records))
	for i, raw := range p.Records {
		ids[i] = glimpseID(raw)
	}
	return ids
}

// Decode reads one record. bad is nil if the record is readable.
func (p Page[T]) Decode(i int) (item T, bad *BadRecord) {
	raw := p.Records[i]
	item, err := p.decode(raw)
	if err != nil {
		return item, &BadRecord{Raw: raw, ID: remoteID(raw), Err: err}
	}
	return item, nil
}

// All reads every record. An unreadable record does not affect the others.
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
	ID  *int64          // its id, if that was readable
	Err error           // names the field and the error, without the value
}

// pageQuery puts limit and offset into q and returns the values that it used.
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

// fetchPage reads one page of a list.
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
	// A panel may ignore the limit. The rows beyond it come with the next page, so no page takes more memory than
	// requested.
	rows := l.rows[:min(len(l.rows), max(limit, asked))]
	return Page[T]{Records: rows, Count: l.count, Limit: limit, Offset: offset, More: more, decode: decode}, nil
}

// idNames lists the names of a record's id in lists, the likeliest first.
var idNames = [...]string{"id", "payment_id", "service", "order_id"}

// glimpseID reads the first member with the name of an id.
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

// remoteID reads the id of a record that is otherwise unreadable, by any of its names.
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

// joinIDs returns the comma-separated form that every id list has in requests.
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
