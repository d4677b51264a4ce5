package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const userPath = "/api/v2"

// user makes a call to the User API and returns its JSON. The panel reports an error as {"error":"…"}, mostly with
// status 200.
func (c *Client) user(ctx context.Context, r request, form url.Values) (userAnswer, error) {
	if c.servicesKey == "" {
		return userAnswer{}, c.notMade(r, ErrKey, "no services key is set for this panel")
	}
	form.Set("key", c.servicesKey)
	r.body = []byte(form.Encode())
	a, err := c.exchange(ctx, r)
	if err != nil {
		return userAnswer{}, err
	}
	body, err := a.json(nil)
	if err != nil {
		return userAnswer{}, c.judge(r, a, verdict{fault: err})
	}
	if err := c.judge(r, a, userVerdict(body)); err != nil {
		return userAnswer{}, err
	}
	return userAnswer{status: a.status, body: body}, nil
}

// userAnswer is a successful answer of the User API: an object or an array.
type userAnswer struct {
	status int
	body   json.RawMessage
}

// userCall builds a call to the User API.
func userCall(action string, write bool) (request, url.Values) {
	r := request{op: "User API " + action, method: http.MethodPost, path: userPath, form: true, write: write}
	return r, url.Values{"action": {action}}
}

// userVerdict checks a body for an error before its content is read.
func userVerdict(body json.RawMessage) verdict {
	if body[0] == '[' {
		return verdict{object: true}
	}
	fields, err := splitObject(body)
	if err != nil {
		return verdict{fault: err}
	}
	v := verdict{object: true}
	v.words, v.failed = problem(fields["error"])
	if v.words == "" {
		v.words, _ = parseText(fields["error_message"])
	}
	v.badKey = v.failed && strings.Contains(strings.ToLower(v.words), "api key")
	return v
}

// problem returns the text of an error field, and false if the field holds no error.
func problem(raw json.RawMessage) (string, bool) {
	switch string(raw) {
	case "", "null", "false", `""`, "0", "[]", "{}":
		return "", false
	}
	words, err := parseText(raw)
	if err != nil {
		words = "" // an error that is not a text still counts as an error
	}
	return words, true
}

// many builds a call about several ids. The field param holds them.
func many(action, param string, ids []int64, write bool) (request, url.Values) {
	r, form := userCall(action, write)
	form.Set(param, joinIDs(ids))
	r.err = checkIDs(ids)
	return r, form
}

// one builds a call about one id.
func one(action, param string, id int64, write bool) (request, url.Values) {
	return many(action, param, []int64{id}, write)
}

var errNoAnswer = errors.New("the answer does not say")

// value is the answer's value for one id: a plain value, or {"error":"…"}.
type value struct {
	raw   json.RawMessage
	words string
	bad   bool  // the panel refused it
	fault error // it is unreadable or missing
}

func newValue(raw json.RawMessage) value {
	if absent(raw) {
		return value{fault: errNoAnswer}
	}
	if raw[0] != '{' {
		return value{raw: raw}
	}
	fields, err := splitObject(raw)
	if err != nil {
		return value{fault: err}
	}
	words, bad := problem(fields["error"])
	return value{raw: raw, words: words, bad: bad}
}

// valueError returns nil for a value that has no error and can be parsed.
func (c *Client) valueError(r request, status int, v value) error {
	return c.itemError(r, status, outcome{done: !v.bad, words: v.words, fault: v.fault})
}

// values reads [{idName:1, valueName:…}, …]. An id that occurs twice counts as unreadable.
func values(body json.RawMessage, idName, valueName string) (map[int64]value, error) {
	list, err := splitArray(body)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]value, len(list))
	for _, raw := range list {
		r, err := newRecord(raw)
		if err != nil {
			return nil, err
		}
		id := r.id(idName)
		if r.err != nil {
			return nil, r.err
		}
		if _, twice := out[id]; twice {
			out[id] = value{fault: errTwice}
			continue
		}
		out[id] = newValue(r.fields[valueName])
	}
	return out, nil
}

// of returns the value of a requested id.
func of(all map[int64]value, id int64) value {
	v, named := all[id]
	if !named {
		v.fault = errUnnamed
	}
	return v
}

// valuesOf makes a call about several ids whose answer is a list of values.
func (c *Client) valuesOf(ctx context.Context, r request, form url.Values, idName, valueName string) (map[int64]value, int, error) {
	a, err := c.user(ctx, r, form)
	if err != nil {
		return nil, 0, err
	}
	all, err := values(a.body, idName, valueName)
	if err != nil {
		return nil, 0, c.shape(r, a.status, fmt.Sprintf("the list of %ss: %v", idName, err))
	}
	return all, a.status, nil
}
