package models

import (
	"fmt"
	"strings"
)

// CountKey returns a cache key for the counts of a mirrored list. It covers everything that the counts depend on
// besides the rows, so two viewers with the same key can share counts. It contains the panels that they may see and ask
// for, so no count includes rows that a viewer may not see. It is "" if the counts cannot be shared: a search depends
// on further rights of the viewer.
func (l *List) CountKey(v Viewer, q ListQuery) string {
	if !l.Mirrored() || l.scope != nil || q.Text != "" || q.Only != nil || len(q.Except) > 0 {
		return ""
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %q %d %d", l.Noun, v.Scope(q.Panels), q.Part, q.CreatedFrom.UnixMicro(), q.CreatedTo.UnixMicro())
	if len(l.Parts) > 0 {
		fmt.Fprintf(&key, " %d %q", v.StaffID, v.Username) // the part "mine" differs between viewers
	}
	for _, f := range l.Filters {
		values := q.Values[f.Name]
		if len(values) == 0 {
			continue
		}
		if f.Where != nil {
			return "" // its condition depends on the viewer
		}
		fmt.Fprintf(&key, " %s%q", f.Name, values)
	}
	return key.String()
}
