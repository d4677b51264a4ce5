package models

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// MisreadMember is a member that could not be parsed in some of a panel's records, or with Messages in some messages of
// its tickets. Records is their number and Example the id of the newest one; More marks a lower bound.
type MisreadMember struct {
	StreamKey
	Messages bool
	Member   string
	Records  int64
	More     bool
	Example  int64
}

// misreadCounted is the maximum number of records that are counted per panel and resource.
const misreadCounted = 100_000

// MisreadMembers returns the members that cannot be parsed in the current mirror of the viewer's panels, by panel and
// resource. It reads the partial indexes of misread rows, so its cost depends only on their number.
func (db *DB) MisreadMembers(ctx context.Context, v Viewer) ([]MisreadMember, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var parts []string
	for _, r := range Resources {
		parts = append(parts, misreadRows(string(r), string(r), "id", false))
	}
	parts = append(parts, misreadRows("ticket_messages", string(Tickets), "ticket_id", true))
	var found []struct {
		PanelID  int64
		Resource Resource
		Messages bool
		Misread  string
		N, Whole int64
		Example  int64
	}
	err := db.idb.NewRaw(strings.Join(parts, " UNION ALL "), bigints(v.Scope(nil)), misreadCounted).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("counting members that were not understood: %w", err)
	}
	members := map[MisreadMember]*MisreadMember{}
	for _, f := range found {
		for member := range strings.SplitSeq(f.Misread, ",") {
			name := MisreadMember{StreamKey: StreamKey{f.PanelID, f.Resource}, Messages: f.Messages, Member: member}
			m, there := members[name]
			if !there {
				m = &name
				members[MisreadMember{StreamKey: name.StreamKey, Messages: name.Messages, Member: name.Member}] = m
			}
			m.Records, m.Example, m.More = m.Records+f.N, max(m.Example, f.Example), f.Whole >= misreadCounted
		}
	}
	var all []MisreadMember
	for _, m := range members {
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b MisreadMember) int {
		return cmp.Or(cmp.Compare(a.PanelID, b.PanelID), cmp.Compare(slices.Index(Resources, a.Resource), slices.Index(Resources, b.Resource)),
			cmp.Compare(b.Records, a.Records), cmp.Compare(a.Member, b.Member))
	})
	return all, nil
}

// misreadRows returns SQL that counts the rows of a table by their value of misread.
func misreadRows(table, resource, id string, messages bool) string {
	return fmt.Sprintf(`SELECT p.id AS panel_id, '%s' AS resource, %t AS messages, m.misread, count(*) AS n,
			sum(count(*)) OVER (PARTITION BY p.id)::bigint AS whole, max(m.id) AS example
		FROM unnest(?0::bigint[]) AS p (id), LATERAL (
			SELECT misread, %s AS id FROM %s WHERE panel_id = p.id AND misread <> '' LIMIT ?1) AS m GROUP BY p.id, m.misread`,
		resource, messages, id, table)
}

// RecordOf returns a mirrored record as its panel sent it, for viewers with PermManage who examine misread members. It
// also contains values that other permissions guard; the page hides these.
func (db *DB) RecordOf(ctx context.Context, v Viewer, r Resource, key Key) (raw json.RawMessage, err error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	if !slices.Contains(Resources, r) {
		return nil, ErrNotFound
	}
	var text string
	err = db.idb.NewRaw("SELECT raw::text FROM ? WHERE panel_id = ANY(?::bigint[]) AND id = ?", bun.Ident(r), bigints(v.allowed([]int64{key.PanelID})), key.ID).
		Scan(ctx, &text)
	return json.RawMessage(text), notFound(err)
}
