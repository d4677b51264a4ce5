package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// Limits on the content of one answer. Without them, a body of MaxBody bytes could hold eight million empty records,
// each of which takes more memory than bytes in the body.
const (
	maxElements = 50_000 // of one array: ten times the longest known service list
	maxMembers  = 10_000 // of one object
	maxDepth    = 64     // of one record

	bytesPerMember = 32 // approximate bytes in the body; it sets the initial size of a record's map
)

var (
	errNotJSON   = errors.New("not JSON")
	errNotObject = errors.New("not an object")
	errNotArray  = errors.New("not a list")
	errTwice     = errors.New("a name occurs twice")
	errTooMany   = errors.New("too many entries")
	errTooDeep   = errors.New("nested too deeply")
)

// splitObject returns the members of an object by their exact names. encoding/json would match struct fields without
// case and keep the last of several, so that {"amount":1,"AMOUNT":999} reads as 999. Here a repeated name is an
// error, and a name in another case is another name. raw must be valid JSON.
func splitObject(raw json.RawMessage) (map[string]json.RawMessage, error) {
	b := bytes.TrimSpace(raw)
	if len(b) == 0 || b[0] != '{' {
		return nil, errNotObject
	}
	members := make(map[string]json.RawMessage, min(len(b)/bytesPerMember, 32))
	for i := skip(b, 1); b[i] != '}'; i = skip(b, i) {
		end := valueEnd(b, i)
		name := b[i:end]
		i = skip(b, end)
		end = valueEnd(b, i)
		if err := addMember(members, name, b[i:end:end]); err != nil {
			return nil, err
		}
		i = end
	}
	return members, nil
}

// addMember adds a member. Its name is still quoted.
func addMember(members map[string]json.RawMessage, quoted, value json.RawMessage) error {
	name, err := unquote(quoted)
	if err != nil {
		return err
	}
	if _, twice := members[name]; twice {
		return errTwice
	}
	if len(members) == maxMembers {
		return errTooMany
	}
	members[name] = value
	return nil
}

// ambiguous is the value of a name that occurs twice. Every parser rejects it.
var ambiguous = json.RawMessage("?")

// splitEntry is like splitObject, for an entry of a list, which needs only a valid id. A name that occurs twice has
// the value ambiguous, and members above maxMembers are dropped unless they hold an id. raw must be valid JSON.
func splitEntry(raw json.RawMessage) (map[string]json.RawMessage, error) {
	b := bytes.TrimSpace(raw)
	if len(b) == 0 || b[0] != '{' {
		return nil, errNotObject
	}
	members := make(map[string]json.RawMessage, min(len(b)/bytesPerMember, 32))
	for i := skip(b, 1); b[i] != '}'; i = skip(b, i) {
		end := valueEnd(b, i)
		quoted := b[i:end]
		i = skip(b, end)
		end = valueEnd(b, i)
		name, err := unquote(quoted)
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			members[name] = ambiguous
		} else if len(members) < maxMembers || slices.Contains(idNames[:], name) {
			members[name] = b[i:end:end]
		}
		i = end
	}
	return members, nil
}

// splitArray returns the elements of an array. raw must be valid JSON.
func splitArray(raw json.RawMessage) ([]json.RawMessage, error) {
	b := bytes.TrimSpace(raw)
	if len(b) == 0 || b[0] != '[' {
		return nil, errNotArray
	}
	var elements []json.RawMessage
	for i := skip(b, 1); b[i] != ']'; i = skip(b, i) {
		if len(elements) == maxElements {
			return nil, errTooMany
		}
		end := valueEnd(b, i)
		elements = append(elements, json.RawMessage(b[i:end:end]))
		i = end
	}
	return elements, nil
}

// skip returns the index of the first byte at or after i that is neither white
// space nor a separator.
func skip(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' || b[i] == ',' || b[i] == ':' {
		i++
	}
	return i
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return scalarEnd(b, i)
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// stringEnd returns the index of the quote that ends the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// scalarEnd returns the index behind the number or word that begins at i.
func scalarEnd(b []byte, i int) int {
	if n := bytes.IndexAny(b[i:], " \t\n\r,:]}"); n >= 0 {
		return i + n
	}
	return len(b)
}

// depth returns how deeply raw is nested: 1 for a flat object. raw must be valid JSON.
func depth(raw json.RawMessage) int {
	now, deepest := 0, 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i)
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}
