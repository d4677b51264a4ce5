package models

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A jsonb column accepts less than JSON allows. deepestRaw is the maximum nesting of a stored record. longestNumber is
// the maximum length of a number, because PostgreSQL would write 1e100000 with all its zeros.
const (
	deepestRaw    = 64
	longestNumber = 300
)

// storable returns a record in a form that a jsonb column can hold. It replaces unpaired surrogates, U+0000 and invalid
// bytes by U+FFFD, turns numbers that PostgreSQL cannot hold into text, and drops values that are nested too deeply.
// Most records need no change and are not copied.
func storable(raw json.RawMessage) json.RawMessage {
	odd, controls := oddities(raw)
	if !odd {
		return raw
	}
	text := []byte(raw)
	if controls {
		text = escapeControls(text)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		value = "This record is not JSON."
	}
	clean, err := json.Marshal(cleaned(value, 1))
	if err != nil {
		return json.RawMessage(`"This record cannot be kept as JSON."`)
	}
	return clean
}

// oddities reports whether a record holds anything that a jsonb column may refuse, and whether this includes control
// characters. raw is otherwise valid JSON.
func oddities(raw []byte) (odd, controls bool) {
	depth, ascii := 0, true
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			end, strange, control, plain := oddString(raw, i+1)
			odd, controls, ascii = odd || strange, controls || control, ascii && plain
			i = end
		case c == '{' || c == '[':
			depth++
			odd = odd || depth > deepestRaw
		case c == '}' || c == ']':
			depth--
		case c >= '0' && c <= '9':
			begin := i
			for i+1 < len(raw) && strings.IndexByte("0123456789.eE+-", raw[i+1]) >= 0 {
				i++
				odd = odd || raw[i] == 'e' || raw[i] == 'E'
			}
			odd = odd || i-begin > longestNumber
		}
	}
	return odd || !ascii && !utf8.Valid(raw), controls
}

// oddString scans a string from the byte after its opening quote, and returns the index of its end.
func oddString(raw []byte, i int) (end int, odd, control, ascii bool) {
	ascii = true
	for ; i < len(raw) && raw[i] != '"'; i++ {
		switch c := raw[i]; {
		case c == '\\':
			i++
			if i < len(raw) && raw[i] == 'u' && i+4 < len(raw) {
				odd = odd || strings.EqualFold(string(raw[i+1:i+5]), "0000") || raw[i+1]|' ' == 'd' && raw[i+2] >= '8'
				i += 4
			}
		case c < ' ':
			odd, control = true, true
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return i, odd, control, ascii
}

// escapeControls escapes the control characters in a record's strings as JSON requires.
func escapeControls(raw []byte) []byte {
	escaped, quoted := make([]byte, 0, len(raw)+16), false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\' && i+1 < len(raw):
			escaped = append(escaped, c)
			i++
			c = raw[i]
		case quoted && c < ' ':
			escaped = fmt.Appendf(escaped, `\u%04x`, c)
			continue
		}
		escaped = append(escaped, c)
	}
	return escaped
}

// cleaned returns a decoded value without the parts that a jsonb column refuses.
func cleaned(value any, depth int) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, "\x00", "\uFFFD")
	case json.Number:
		if _, exponent, found := strings.Cut(strings.ToLower(value.String()), "e"); len(value) > longestNumber || found && len(strings.TrimLeft(exponent, "+-0")) > 2 {
			return clip(value.String(), longestNumber)
		}
		return value
	case []any:
		if depth > deepestRaw {
			return "nested too deeply"
		}
		for i := range value {
			value[i] = cleaned(value[i], depth+1)
		}
		return value
	case map[string]any:
		if depth > deepestRaw {
			return "nested too deeply"
		}
		clean := make(map[string]any, len(value))
		for name, inner := range value {
			clean[strings.ReplaceAll(name, "\x00", "\uFFFD")] = cleaned(inner, depth+1)
		}
		return clean
	}
	return value
}
