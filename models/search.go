package models

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"masterpanel/models/linkkey"
)

// SearchRows is the number of rows per kind that a search shows. SearchLimit is the maximum that it counts: it runs
// while a person types, and for more rows it only says that there are more.
const (
	SearchRows  = 5
	SearchLimit = 200
)

// Found is the result of a global search on the viewer's panels. Beyond says that the selected panels had no match and
// that the rows are on other panels of the viewer.
type Found struct {
	Asked  Asked
	Beyond bool
	// On are the searched panels.
	On       []int64
	Orders   Hits[Order]
	Tickets  Hits[Ticket]
	Payments Hits[Payment]
	Users    Hits[User]
	Services Hits[Service]
}

// Hits are the matches of one kind: up to SearchRows rows, rows that the text names before rows that it only leads to,
// by panel, and the total.
type Hits[T any] struct {
	Rows  []T
	Total Count
	named []Key
	keys  []Key
}

// Named reports whether the text names a row itself, by its id, link, name or e-mail.
func (h Hits[T]) Named() bool { return len(h.named) > 0 }

// NamesCustomer reports whether the text is a customer's complete username or e-mail.
func (f Found) NamesCustomer() bool { return len(f.Asked.IDs) == 0 && f.Users.Named() }

// way is one way to find rows of a table, by one index. named says that the text names such rows themselves; newest
// says that the index returns the newest first.
type way struct {
	named, newest bool
	condition     string
	args          []any
}

// Search searches for a text in everything that the viewer may see: first on the selected panels or the panel that the
// text names, and if there is no match on all of the viewer's panels.
func (db *DB) Search(ctx context.Context, v Viewer, a Asked) (Found, error) {
	if a.Text == "" {
		return Found{Asked: a}, nil
	}
	found, err := db.searchOn(ctx, v, a, v.Scope(a.named()))
	if err != nil || a.Panel.ID != 0 || len(v.Selection) == 0 || found.N() > 0 {
		return found, err
	}
	found, err = db.searchOn(ctx, v, a, v.PanelIDs())
	found.Beyond = found.N() > 0
	return found, err
}

func (db *DB) searchOn(ctx context.Context, v Viewer, a Asked, panels []int64) (f Found, err error) {
	f.Asked, f.On = a, panels
	if f.Orders, err = hits[Order](ctx, db, v, panels, "created_at", a.orders()); err != nil {
		return f, err
	}
	if f.Tickets, err = hits[Ticket](ctx, db, v, panels, "updated_at", a.withID(a.ofUser())); err != nil {
		return f, err
	}
	if f.Payments, err = hits[Payment](ctx, db, v, panels, "created_at", a.withID(a.ofUser())); err != nil {
		return f, err
	}
	if f.Users, err = hits[User](ctx, db, v, panels, "created_at", a.users()); err != nil {
		return f, err
	}
	f.Services, err = hits[Service](ctx, db, v, panels, "changed_at", a.services())
	return f, err
}

func (a Asked) withID(ways []way) []way {
	if len(a.IDs) == 0 || len(a.IDs) > idsEverywhere {
		return ways
	}
	return append(ways, a.ids())
}

func (a Asked) ids() way {
	return way{true, false, "t.id = ANY(?::bigint[])", []any{bigints(a.IDs)}}
}

// ofUser finds rows of the customer with exactly this name; a name can be a number too.
func (a Asked) ofUser() []way {
	if !a.Name && len(a.IDs) != 1 {
		return nil
	}
	return []way{{false, true, "lower(t.user_name) = lower(?)", []any{a.Text}}}
}

func (a Asked) orders() []way {
	ways := a.ofUser()
	if len(a.IDs) > 0 {
		ways = append(ways, a.ids())
	}
	external := []string{}
	for _, id := range a.IDs {
		external = append(external, strconv.FormatInt(id, 10))
	}
	if a.Name {
		external = append(external, a.Text)
	}
	if len(external) > 0 {
		ways = append(ways, way{true, false, "t.external_id = ANY(?) AND t.external_id <> ''", []any{pgdialect.Array(external)}})
	}
	if a.Link {
		ways = append(ways, way{true, false, "t.link_key = ANY(?::bigint[])", []any{linkHashes(linkkey.Candidates(a.Text))}})
	}
	return ways
}

// users searches e-mails only for viewers with PermSeeEmails, because a match would reveal an e-mail.
func (a Asked) users() []way {
	ways := a.withID(nil)
	if a.Name || len(a.IDs) == 1 {
		ways = append(ways, way{true, false, "lower(t.username) = lower(?)", []any{a.Text}})
	}
	if a.Name && a.beginning() {
		ways = append(ways, way{false, false, "lower(t.username) LIKE lower(?)", []any{startsWith(a.Text)}})
	}
	if a.Email {
		ways = append(ways, way{true, false, "lower(t.email) = lower(?)", []any{a.Text}},
			way{false, false, "lower(t.email) LIKE lower(?)", []any{startsWith(a.Text)}})
	}
	return ways
}

func (a Asked) services() []way {
	var ways []way
	for _, w := range a.withID(nil) {
		ways = append(ways, way{w.named, w.newest, w.condition + " AND t.gone_at IS NULL", w.args})
	}
	if a.Name && !a.Email && a.beginning() {
		ways = append(ways, way{false, false, "lower(t.name) LIKE lower(?) AND t.gone_at IS NULL", []any{startsWith(a.Text)}})
	}
	return ways
}

// hit is the key of a found row, with the total number of matches.
type hit struct {
	Key
	Named bool  `bun:"named"`
	Total int64 `bun:"total"`
}

// hits finds rows in several ways. Each way is a separate query, up to SearchLimit: with conditions joined by OR, or
// with a sort order, PostgreSQL might choose another index and read a whole table of orders in vain.
func hits[T any, P interface {
	*T
	listed
}](ctx context.Context, db *DB, v Viewer, panels []int64, newest string, ways []way) (h Hits[T], err error) {
	if len(ways) == 0 || len(panels) == 0 {
		return h, nil
	}
	table := db.pool.Table(reflect.TypeFor[T]()).Name
	var keys []hit
	err = db.idb.NewSelect().TableExpr("(?) AS hit", db.everyWay(table, panels, newest, ways)).Column("panel_id", "id").
		ColumnExpr("bool_or(named) AS named").ColumnExpr("count(*) OVER () AS total").Group("panel_id", "id").
		OrderExpr("bool_or(named) DESC, max(newest) DESC, panel_id, id").Limit(SearchRows).Scan(ctx, &keys)
	if err != nil {
		return h, fmt.Errorf("searching %s: %w", table, err)
	}
	if len(keys) == 0 {
		return h, nil
	}
	h.Total = Count{N: min(keys[0].Total, SearchLimit), About: keys[0].Total > SearchLimit}
	h.take(v, keys)
	ids := make([]int64, len(keys))
	of := make([]int64, len(keys))
	for i, k := range keys {
		of[i], ids[i] = k.PanelID, k.ID
	}
	err = db.selectFor(v, &h.Rows).Where("t.panel_id = ANY(?::bigint[])", bigints(panels)).
		Where("(t.panel_id, t.id) IN (SELECT * FROM unnest(?::bigint[], ?::bigint[]))", bigints(of), bigints(ids)).Scan(ctx)
	if err != nil {
		return h, fmt.Errorf("reading found %s: %w", table, err)
	}
	slices.SortFunc(h.Rows, func(a, b T) int {
		return cmp.Compare(slices.Index(h.keys, P(&a).key()), slices.Index(h.keys, P(&b).key()))
	})
	return h, nil
}

func (db *DB) everyWay(table string, panels []int64, newest string, ways []way) *bun.SelectQuery {
	var all *bun.SelectQuery
	for _, w := range ways {
		one := db.idb.NewSelect().TableExpr("? AS t", bun.Ident(table)).Column("t.panel_id", "t.id").
			ColumnExpr("? AS named", w.named).ColumnExpr("t.? AS newest", bun.Ident(newest)).
			Where("t.panel_id = ANY(?::bigint[])", bigints(panels)).Where("("+w.condition+")", w.args...).Limit(SearchLimit + 1)
		if w.newest {
			one.OrderExpr("t.? DESC", bun.Ident(newest))
		}
		if all == nil {
			all = db.idb.NewSelect().TableExpr("(?) AS way", one)
		} else {
			all.UnionAll(db.idb.NewSelect().TableExpr("(?) AS way", one))
		}
	}
	return all
}

// take sorts keys in display order: rows that the text names first, then by panel in the viewer's order, the newest
// first.
func (h *Hits[T]) take(v Viewer, keys []hit) {
	panels := v.PanelIDs()
	slices.SortStableFunc(keys, func(a, b hit) int {
		if a.Named != b.Named {
			if a.Named {
				return -1
			}
			return 1
		}
		return cmp.Compare(slices.Index(panels, a.PanelID), slices.Index(panels, b.PanelID))
	})
	for _, k := range keys {
		h.keys = append(h.keys, k.Key)
		if k.Named {
			h.named = append(h.named, k.Key)
		}
	}
}

// N returns the number of matches.
func (f Found) N() int64 {
	return f.Orders.Total.N + f.Tickets.Total.N + f.Payments.Total.N + f.Users.Total.N + f.Services.Total.N
}

// Only returns the only match, or the only one that the text names if there are others that it leads to.
func (f Found) Only() (r Resource, key Key, ok bool) {
	type one struct {
		Resource
		Key
	}
	var named, all []one
	add := func(r Resource, n, k []Key) {
		for _, key := range n {
			named = append(named, one{r, key})
		}
		for _, key := range k {
			all = append(all, one{r, key})
		}
	}
	add(Orders, f.Orders.named, f.Orders.keys)
	add(Tickets, f.Tickets.named, f.Tickets.keys)
	add(Payments, f.Payments.named, f.Payments.keys)
	add(Users, f.Users.named, f.Users.keys)
	add(Services, f.Services.named, f.Services.keys)
	switch {
	case len(named) == 1:
		return named[0].Resource, named[0].Key, true
	case len(named) == 0 && len(all) == 1:
		return all[0].Resource, all[0].Key, true
	}
	return "", Key{}, false
}

// RecordLookup logs that the viewer searched everything that they may see.
func (db *DB) RecordLookup(ctx context.Context, v Viewer, a Asked) error {
	return db.record(ctx, v, onPanels(ActSearch, v, v.Scope(a.named()), Change{Field: "List", New: "everything"}, Change{Field: "Text", New: a.Text}))
}
