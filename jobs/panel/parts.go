package panel

import "encoding/json"

// parts holds the members or elements of an object or a list, recorded during validation, so that reading a page of a
// megabyte does not scan it again for each level down to its records. A nil *parts records nothing.
type parts struct {
	kind          byte              // '{' or '[', 0 until something is recorded
	names, values []json.RawMessage // a list has no names; names keep their quotes
	open          string            // the quoted name of the member whose own parts inner records
	inner         *parts
}

// answerParts returns the recorder for an answer, its data and the list in that data.
func answerParts() *parts {
	return &parts{open: `"data"`, inner: &parts{open: `"list"`, inner: &parts{}}}
}

// begin records the kind of the value.
func (p *parts) begin(kind byte) {
	if p != nil {
		p.kind = kind
	}
}

// of returns the recorder for the parts of the member with that name, which is nil except for one member.
func (p *parts) of(name []byte) *parts {
	if p == nil || p.inner == nil || p.inner.kind != 0 || string(name) != p.open {
		return nil
	}
	return p.inner
}

// add records a part. It stops one part past the limit, so that elements and members can detect an excess.
func (p *parts) add(name, value []byte) {
	switch {
	case p == nil:
	case p.kind == '{' && len(p.values) <= maxMembers:
		p.names, p.values = append(p.names, name), append(p.values, value)
	case p.kind == '[' && len(p.values) <= maxElements:
		p.values = append(p.values, value)
	}
}

// members is splitObject(raw), from the recorded parts. It splits raw if nothing was recorded, for example for a
// member with an escape in its name.
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

// elements is splitArray(raw), from the recorded parts.
func (p *parts) elements(raw json.RawMessage) ([]json.RawMessage, error) {
	switch {
	case p == nil || p.kind != '[':
		return splitArray(raw)
	case len(p.values) > maxElements:
		return nil, errTooMany
	}
	return p.values, nil
}
