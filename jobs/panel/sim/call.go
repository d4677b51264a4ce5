package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody is the largest size of a request's body, in bytes.
const maxBody = 8 << 20

// call is one parsed request to the Admin API.
type call struct {
	id    int64 // from the path
	path  string
	query url.Values
	body  fields
}

// fields is a JSON object whose values are read leniently: panels accept an id as 7 or "7", and ids as "1,2" or
// [1,2].
type fields map[string]json.RawMessage

func readCall(r *http.Request, id int64) (*call, error) {
	c := &call{id: id, path: r.URL.Path, query: r.URL.Query()}
	if r.Method != http.MethodPost {
		return c, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return nil, invalid("Request body could not be read.")
	}
	if len(raw) > 0 && json.Unmarshal(raw, &c.body) != nil {
		return nil, invalid("Request body is not a JSON object.")
	}
	return c, nil
}

// text returns a string, or a number as it was written. It returns "" if the field is absent or null.
func (f fields) text(name string) string {
	raw := string(f[name])
	var s string
	if json.Unmarshal(f[name], &s) == nil {
		return s
	}
	if strings.ContainsAny(raw, "{[") || raw == "null" {
		return ""
	}
	return raw
}

// int returns a whole number, quoted or not. ok is false if the field is absent or is no such number.
func (f fields) int(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(f.text(name), 10, 64)
	return n, err == nil
}

func (f fields) has(name string) bool {
	raw, ok := f[name]
	return ok && string(raw) != "null"
}

// ids reads ids written as "1,2", [1,2], ["1","2"] or 1.
func (f fields) ids(name string) []int64 {
	return idList(strings.Trim(strings.ReplaceAll(string(f[name]), `"`, ""), "[] \n\t"))
}

// limit returns the "limit" in the body of a pull.
func (f fields) limit() int {
	n, _ := f.int("limit")
	return clampLimit(int(min(max(n, 0), maxLimit)))
}

// idList reads a comma-separated list of ids and skips elements that are not numbers.
func idList(s string) []int64 {
	var list []int64
	for part := range strings.SplitSeq(s, ",") {
		if n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64); err == nil {
			list = append(list, n)
		}
	}
	return list
}
