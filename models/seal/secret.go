package seal

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

// shortest is the minimum length in characters of a secret whose last four may be shown.
const shortest = 12

// ErrClear means that a Secret was about to be written to a database without being sealed.
var ErrClear = errors.New("an unsealed secret cannot be stored: seal it first")

// Secret is a secret in memory. If it is printed, logged, marshalled or rendered it shows at most its last four
// characters; only Reveal returns the value.
type Secret string

// Reveal returns the value itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns "•••• " and the last four characters, or "[secret]" for a secret too short to show any.
func (s Secret) String() string {
	if last := Last4(string(s)); last != "" {
		return "•••• " + last
	}
	return "[secret]"
}

// GoString returns the same as String, for %#v.
func (s Secret) GoString() string { return s.String() }

// Format writes String under every verb, so that %x and %q are masked like %s.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // fmt.State's writer reports through fmt itself
}

// MarshalJSON returns String as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// LogValue returns String, for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Value returns ErrClear, because a value in SQL text or in a parameter reaches the database's log.
func (s Secret) Value() (driver.Value, error) { return nil, ErrClear }

// Last4 returns the last four characters of a secret, by which people can recognise it. It returns "" for a secret
// shorter than 12 characters, because four would reveal too much.
func Last4(secret string) string {
	if utf8.RuneCountInString(secret) < shortest {
		return ""
	}
	runes := []rune(secret)
	return string(runes[len(runes)-4:])
}
