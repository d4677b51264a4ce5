package models

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"
)

// cursor is a position in a sorted list: the sort and the row that it points to. It carries no permission: with a
// cursor from elsewhere a viewer still gets only rows that they may see.
type cursor struct {
	Sort    string `json:"s"`
	Key     string `json:"k"`
	PanelID int64  `json:"p"`
	ID      int64  `json:"i"`
}

func (c cursor) zero() bool { return c.Sort == "" }

// String returns the cursor in its URL form.
func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil { // strings and integers always encode
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parseCursor parses a cursor. The cursor must belong to this sort, and its key must have the sort's SQL type, or be
// empty if the column allows unknown values.
func parseCursor(word, sort string, column Column) (cursor, bool) {
	text, err := base64.RawURLEncoding.DecodeString(word)
	if err != nil || len(text) > 2000 {
		return cursor{}, false
	}
	var c cursor
	if json.Unmarshal(text, &c) != nil || c.Sort != sort || !isKind(c.Key, column.Kind) && !(column.Unknown && c.Key == "") {
		return cursor{}, false
	}
	return c, true
}

// timestamptzText is the format in which PostgreSQL writes a timestamptz in UTC.
const timestamptzText = "2006-01-02 15:04:05.999999-07"

func isKind(key, kind string) bool {
	switch kind {
	case "timestamptz":
		at, err := time.Parse(timestamptzText, key)
		_, offset := at.Zone() // PostgreSQL refuses some offsets that Go accepts; our cursors have none
		return err == nil && offset == 0 || key == "infinity"
	case "numeric", "bigint":
		number, err := decimal.NewFromString(key)
		if err != nil || len(key) > 60 || number.Exponent() > 30 || number.Exponent() < -60 {
			return false
		}
		return kind == "numeric" || number.IsInteger() && number.BigInt().IsInt64()
	default:
		return clean(key)
	}
}
