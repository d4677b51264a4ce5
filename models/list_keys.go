package models

import (
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// maxKeys is how many rows may be named one by one.
const maxKeys = 10_000

// ParseKeys reads rows that are named one by one, as panel-id with commas between: "3-1201,3-1202". What is no such name
// is left out, and so is what comes after the first 10,000.
func ParseKeys(text string) []Key {
	var keys []Key
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r <= ' ' }) {
		panel, id, _ := strings.Cut(word, "-")
		panelID, err := strconv.ParseInt(panel, 10, 64)
		rowID, err2 := strconv.ParseInt(id, 10, 64)
		if err == nil && err2 == nil && len(keys) < maxKeys {
			keys = append(keys, Key{PanelID: panelID, ID: rowID})
		}
	}
	return keys
}

// FormatKeys writes rows as ParseKeys reads them.
func FormatKeys(keys []Key) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = strconv.FormatInt(k.PanelID, 10) + "-" + strconv.FormatInt(k.ID, 10)
	}
	return strings.Join(words, ",")
}

// only limits a list to rows that are named; which of them the viewer may see is for the rest of the query to say.
func only(query *bun.SelectQuery, keys []Key) {
	panelIDs, ids := make([]int64, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		panelIDs[i], ids[i] = k.PanelID, k.ID
	}
	query.Where("(t.panel_id, t.id) IN (SELECT * FROM unnest(?::bigint[], ?::bigint[]))", bigints(panelIDs), bigints(ids))
}
