package models

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a jsonb column takes is less than what JSON allows. deepestRaw is how deeply a stored record is nested, and
// longestNumber how long its numbers are: PostgreSQL would write 1e100000 with all its zeros.
const (
	deepestRaw    = 64
	longestNumber = 300
)

// storable is a record as a jsonb column can hold it. Half a pair of surrogates, U+0000 and a bad byte become U+FFFD, a
// number that PostgreSQL cannot hold becomes text, and values that are nested too deeply are left out. Most records are fine
// as they are, and are not copied.
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

// oddities tells whether a record holds anything that a jsonb column may not take, and whether control characters are among
// it. raw is valid JSON but for these.
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

// oddString looks through a string from the byte behind its quote, and returns where it ends.
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

// escapeControls writes the control characters in a record's strings as JSON wants them.
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

// cleaned is a decoded value without what a jsonb column does not take.
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
