package sim

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// inventedFrom is the first id of the records that an endless list invents.
const inventedFrom = 1_000_000_000

// halfBad replaces the id of every second record of a list with text.
func halfBad(body []byte) []byte {
	var whole any
	if json.Unmarshal(body, &whole) != nil {
		return body
	}
	for i, record := range recordsOf(whole) {
		if i%2 == 0 {
			record["id"], record["payment_id"] = "none", "none"
		}
	}
	return encoded(whole, body)
}

// endless returns an answer whose list is full at every offset, with invented records that look like the first record
// of the real list. It does not change an answer without a list.
func (p *Panel) endless(r *http.Request) answer {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	q.Set("limit", "1")
	q.Set("offset", "0")
	first := r.Clone(r.Context())
	first.URL.RawQuery = q.Encode()
	a := p.answer(first)
	var whole map[string]any
	if json.Unmarshal(a.body, &whole) != nil {
		return a
	}
	data, _ := whole["data"].(map[string]any)
	records := recordsOf(whole)
	if _, isList := data["list"]; !isList || len(records) == 0 {
		return a
	}
	list := make([]any, clampLimit(limit))
	for i := range list {
		one := maps.Clone(records[0])
		for _, name := range []string{"id", "payment_id"} {
			if _, has := one[name]; has {
				one[name] = inventedFrom + offset + i
			}
		}
		list[i] = one
	}
	data["list"] = list
	delete(whole, "pagination")
	a.body = encoded(whole, a.body)
	return a
}

// encoded returns the JSON of a value, or the given bytes if the value cannot be encoded.
func encoded(value any, otherwise []byte) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		return otherwise
	}
	return body
}
