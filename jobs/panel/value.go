package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errMissing   = errors.New("missing")
	errNotText   = errors.New("not a text")
	errNotNumber = errors.New("not a whole number")
	errNotFlag   = errors.New("not yes or no")
	errNotTime   = errors.New("not a time")
)

// maxUnix is the last second of the year 9999. A larger number counts as milliseconds.
const maxUnix = 253402300799

// absent reports whether a value is missing or null.
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// unquote decodes a JSON string. Half a surrogate pair, invalid UTF-8, and U+0000, which a PostgreSQL text column
// cannot hold, become U+FFFD.
func unquote(raw json.RawMessage) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", errNotText
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && bytes.IndexByte(inner, 0) < 0 && utf8.Valid(inner) {
		return string(inner), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		if err = json.Unmarshal(escapeControls(raw), &s); err != nil {
			return "", errNotText
		}
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD"), nil
}

// escapeControls escapes control characters, which JSON requires and some panels forget.
func escapeControls(raw json.RawMessage) []byte {
	escaped := make([]byte, 0, len(raw)+16)
	for _, c := range raw {
		if c < ' ' {
			escaped = fmt.Appendf(escaped, `\u%04x`, c)
		} else {
			escaped = append(escaped, c)
		}
	}
	return escaped
}

// literal returns the characters of a number or a string, trimmed. It returns "" if the value is absent.
func literal(raw json.RawMessage) (string, error) {
	if absent(raw) {
		return "", nil
	}
	if raw[0] == '"' {
		s, err := unquote(raw)
		return strings.TrimSpace(s), err
	}
	if raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' {
		return string(raw), nil
	}
	return "", errNotNumber
}

// parseInt reads a whole number, quoted or not. ok is false if it is absent or "".
func parseInt(raw json.RawMessage) (n int64, ok bool, err error) {
	s, err := literal(raw)
	if err != nil {
		return 0, false, errNotNumber
	}
	if s == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(s, 10, 64)
	if err != nil {
		n, err = wholeNumber(raw)
	}
	return n, err == nil, err
}

// parseID reads an id: a positive whole number, quoted or not.
func parseID(raw json.RawMessage) (int64, error) {
	n, ok, err := parseInt(raw)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, errMissing
	case n <= 0:
		return 0, errNotNumber
	}
	return n, nil
}

// parseText reads a string, or the literal of a number. It returns "" if the value is absent.
func parseText(raw json.RawMessage) (string, error) {
	if len(raw) > 0 && raw[0] == '"' {
		return unquote(raw)
	}
	s, err := literal(raw)
	if err != nil {
		return "", errNotText
	}
	return s, nil
}

// parseFlag reads true, false, 1 and 0, quoted or not. It returns false if the value is absent or "".
func parseFlag(raw json.RawMessage) (bool, error) {
	s := string(raw)
	if len(raw) > 0 && raw[0] == '"' {
		var err error
		if s, err = unquote(raw); err != nil {
			return false, errNotFlag
		}
	}
	switch s {
	case "true", "1":
		return true, nil
	case "false", "0", "", "null":
		return false, nil
	}
	return false, errNotFlag
}
