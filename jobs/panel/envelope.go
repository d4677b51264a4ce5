package panel

import (
	"context"
	"encoding/json"
	"errors"
)

const adminPath = "/adminapi/v2"

// codeNotFound is the only known error_code: unknown route or unknown object.
const codeNotFound = 100

// envelope is a successful answer of the Admin API.
type envelope struct {
	status     int
	data       json.RawMessage
	parts      *parts          // the parts of data
	pagination json.RawMessage // top level; may be absent
}

// admin makes a call to the Admin API. An answer is successful only if its status is 2xx, its body is an object, its
// error_code is 0, null, "" or absent, and it has data.
func (c *Client) admin(ctx context.Context, r request) (envelope, error) {
	if c.adminKey == "" {
		return envelope{}, c.notMade(r, ErrKey, "no admin key is set for this panel")
	}
	a, err := c.exchange(ctx, r)
	if err != nil {
		return envelope{}, err
	}
	fields, data, err := a.object()
	if err != nil {
		return envelope{}, c.judge(r, a, verdict{fault: err})
	}
	v := verdict{}
	v.code, _, v.fault = parseInt(fields["error_code"])
	if v.fault != nil {
		v.fault = errors.New("its error_code is not a number")
	}
	v.words, _ = parseText(fields["error_message"])
	if len(fields["data"]) == 0 && v.code == 0 && v.fault == nil {
		v.fault = errors.New("it has no data")
	}
	v.object = true
	if err := c.judge(r, a, v); err != nil {
		return envelope{}, err
	}
	return envelope{status: a.status, data: fields["data"], parts: data, pagination: fields["pagination"]}, nil
}

// rows is the content of a list answer.
type rows struct {
	rows  []json.RawMessage
	count int64
	limit int64 // pagination.limit, 0 if absent
}

// list reads data as {count, list}, as a bare list, or as [] for an empty list, with pagination beside data or inside
// it.
func (e envelope) list() (rows, error) {
	if e.data[0] == '[' {
		all, err := e.parts.elements(e.data)
		return rows{rows: all, limit: pageLimit(e.pagination)}, err
	}
	fields, err := e.parts.members(e.data)
	if err != nil {
		return rows{}, err
	}
	all, err := e.parts.inner.elements(fields["list"])
	if err != nil {
		return rows{}, err
	}
	count, _, err := parseInt(fields["count"])
	if err != nil {
		return rows{}, err
	}
	limit := pageLimit(e.pagination)
	if limit == 0 {
		limit = pageLimit(fields["pagination"])
	}
	return rows{rows: all, count: count, limit: limit}, nil
}

// pageLimit reads the limit that the panel applied. Pagination is only a hint, so an unreadable one counts as absent.
func pageLimit(raw json.RawMessage) int64 {
	fields, err := splitObject(raw)
	if err != nil {
		return 0
	}
	limit, _, err := parseInt(fields["limit"])
	if err != nil {
		return 0
	}
	return max(limit, 0)
}
