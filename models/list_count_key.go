package models

import (
	"fmt"
	"strings"
)

// CountKey spells all that the counts of a mirrored list depend on beside its rows: what was counted for one viewer may be
// told to another whose key is the same. It holds the very panels that they may see and ask for, so what they may not see
// is in no number of theirs. It is "" where that cannot be said: what a search finds depends on more of who searches.
func (l *List) CountKey(v Viewer, q ListQuery) string {
	if !l.Mirrored() || l.scope != nil || q.Text != "" || q.Only != nil || len(q.Except) > 0 {
		return ""
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %q %d %d", l.Noun, v.Scope(q.Panels), q.Part, q.CreatedFrom.UnixMicro(), q.CreatedTo.UnixMicro())
	if len(l.Parts) > 0 {
		fmt.Fprintf(&key, " %d %q", v.StaffID, v.Username) // mine are others than yours
	}
	for _, f := range l.Filters {
		values := q.Values[f.Name]
		if len(values) == 0 {
			continue
		}
		if f.Where != nil {
			return "" // its condition is made from the viewer
		}
		fmt.Fprintf(&key, " %s%q", f.Name, values)
	}
	return key.String()
}
