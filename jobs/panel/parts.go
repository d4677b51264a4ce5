package panel

import "encoding/json"

// parts are what an object or a list consists of, noted while it was checked, so that a page of a megabyte is not walked
// through again for each level down to its records. A nil *parts notes nothing.
type parts struct {
	kind          byte              // '{' or '[', 0 while nothing was noted
	names, values []json.RawMessage // a list has no names; they are in their quotes
	open          string            // the member, in its quotes, whose own parts are noted in inner
	inner         *parts
}

// answerParts are those of an answer, of its data and of the list in there.
func answerParts() *parts {
	return &parts{open: `"data"`, inner: &parts{open: `"list"`, inner: &parts{}}}
}

// begin notes what is taken apart.
func (p *parts) begin(kind byte) {
	if p != nil {
		p.kind = kind
	}
}

// of returns what notes the parts of the member with that name: nil for all but one.
func (p *parts) of(name []byte) *parts {
	if p == nil || p.inner == nil || p.inner.kind != 0 || string(name) != p.open {
		return nil
	}
	return p.inner
}

// add notes a part. It stops past the bounds, one behind them, so that this can be told.
func (p *parts) add(name, value []byte) {
	switch {
	case p == nil:
	case p.kind == '{' && len(p.values) <= maxMembers:
		p.names, p.values = append(p.names, name), append(p.values, value)
	case p.kind == '[' && len(p.values) <= maxElements:
		p.values = append(p.values, value)
	}
}

// members is splitObject(raw), from what was noted of raw. Where that is nothing, as for a member with an escape in its
// name, raw is split after all.
func (p *parts) members(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if p == nil || p.kind != '{' {
		return splitObject(raw)
	}
	members := make(map[string]json.RawMessage, len(p.values))
	for i, name := range p.names {
		if err := addMember(members, name, p.values[i]); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// elements is splitArray(raw), likewise.
func (p *parts) elements(raw json.RawMessage) ([]json.RawMessage, error) {
	switch {
	case p == nil || p.kind != '[':
		return splitArray(raw)
	case len(p.values) > maxElements:
		return nil, errTooMany
	}
	return p.values, nil
}
