package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const tooManyIDs = "more than 100 ids in one call" // keep in step with MaxIDs

// BulkResult holds the result for every id of a bulk write. Each requested id is in exactly one of the lists, in the
// requested order.
type BulkResult struct {
	Done    []int64
	Skipped []int64 // includes ids that the panel lists both as done and as skipped
	Missing []int64 // the panel does not mention it: read the order
}

// ids is the body of most bulk writes.
type ids struct {
	IDs          string `json:"ids"`
	Status       string `json:"status,omitempty"`
	CancelReason string `json:"cancel_reason,omitempty"`
}

// bulk sends ids and sorts the results.
func (c *Client) bulk(ctx context.Context, path string, asked []int64, body ids) (BulkResult, error) {
	body.IDs = joinIDs(asked)
	r := post(path, body)
	r.err = checkIDs(asked)
	env, err := c.admin(ctx, r)
	if err != nil {
		return BulkResult{}, err
	}
	res, err := decodeBulk(env.data, asked)
	if err != nil {
		return BulkResult{}, c.shape(r, env.status, err.Error())
	}
	if otherStatus(env.data, body.Status) {
		return BulkResult{}, c.shape(r, env.status, "it names another status")
	}
	return res, nil
}

// otherStatus reports whether an answer names a status other than the requested one.
func otherStatus(data json.RawMessage, want string) bool {
	fields, err := splitObject(data)
	if err != nil || want == "" {
		return false
	}
	got, err := parseText(fields["status"])
	return err == nil && got != "" && orderStatus(got) != want
}

// checkIDs refuses lists that a panel could misread. The meaning of an empty list there is unknown.
func checkIDs(asked []int64) error {
	if len(asked) == 0 {
		return errors.New("no ids")
	}
	if len(asked) > MaxIDs {
		return errors.New(tooManyIDs)
	}
	for _, id := range asked {
		if id <= 0 {
			return fmt.Errorf("%d is not an id", id)
		}
	}
	return nil
}

// decodeBulk reads {"ids":[…],"skipped_ids":[…]}. If the answer has no lists, or is [], every id is missing.
func decodeBulk(data json.RawMessage, asked []int64) (BulkResult, error) {
	var done, skipped []int64
	if data[0] == '{' {
		r, err := newRecord(data)
		if err != nil {
			return BulkResult{}, err
		}
		done, skipped = read(r, "ids", parseIDs), read(r, "skipped_ids", parseIDs)
		if r.err != nil {
			return BulkResult{}, r.err
		}
	}
	var res BulkResult
	for _, id := range asked {
		switch {
		case slices.Contains(skipped, id):
			res.Skipped = append(res.Skipped, id)
		case slices.Contains(done, id):
			res.Done = append(res.Done, id)
		default:
			res.Missing = append(res.Missing, id)
		}
	}
	return res, nil
}

// parseIDs reads a list of ids, or the comma-separated form in which requests send them.
func parseIDs(raw json.RawMessage) ([]int64, error) {
	if absent(raw) {
		return nil, nil
	}
	var parts []json.RawMessage
	if raw[0] == '[' {
		var err error
		if parts, err = splitArray(raw); err != nil {
			return nil, err
		}
	} else {
		s, err := literal(raw)
		if err != nil {
			return nil, errNotArray
		}
		for part := range strings.SplitSeq(s, ",") {
			if part != "" {
				parts = append(parts, json.RawMessage(strconv.Quote(part)))
			}
		}
	}
	out := make([]int64, 0, len(parts))
	for _, p := range parts {
		id, err := parseID(p)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}
