package models

import (
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// maxKeys is the maximum number of rows in a list of keys.
const maxKeys = 10_000

// ParseKeys parses row keys in the form panel-id, separated by commas: "3-1201,3-1202". It skips malformed keys and all
// keys after the first 10,000.
func ParseKeys(text string) []Key {
	var keys []Key
	for word := range strings.FieldsFuncSeq(text, betweenKeys) {
		panel, id, _ := strings.Cut(word, "-")
		panelID, err := strconv.ParseInt(panel, 10, 64)
		rowID, err2 := strconv.ParseInt(id, 10, 64)
		if err == nil && err2 == nil && len(keys) < maxKeys {
			keys = append(keys, Key{PanelID: panelID, ID: rowID})
		}
	}
	return keys
}

func betweenKeys(r rune) bool { return r == ',' || r <= ' ' }

// FormatKeys formats row keys in the form that ParseKeys reads.
func FormatKeys(keys []Key) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = strconv.FormatInt(k.PanelID, 10) + "-" + strconv.FormatInt(k.ID, 10)
	}
	return strings.Join(words, ",")
}

// only limits a list to the given rows. The rest of the query decides which of them the viewer may see.
func only(query *bun.SelectQuery, keys []Key) {
	panelIDs, ids := keyArrays(keys)
	query.Where("(t.panel_id, t.id) IN (SELECT * FROM unnest(?::bigint[], ?::bigint[]))", panelIDs, ids)
}

// except excludes the given rows from a list.
func except(query *bun.SelectQuery, keys []Key) {
	panelIDs, ids := keyArrays(keys)
	query.Where("(t.panel_id, t.id) NOT IN (SELECT * FROM unnest(?::bigint[], ?::bigint[]))", panelIDs, ids)
}

// keyArrays formats keys as two PostgreSQL array literals.
func keyArrays(keys []Key) (panelIDs, ids string) {
	panels, rows := make([]int64, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		panels[i], rows[i] = k.PanelID, k.ID
	}
	return bigints(panels), bigints(rows)
}
