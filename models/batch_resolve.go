package models

import (
	"context"
	"fmt"
	"slices"
)

// Resolved is the result for the ids that a person pasted. Each id is in exactly one of the lists, in the order given.
// An order on a panel that the viewer may not see counts as missing.
type Resolved struct {
	Orders    []Order
	Ambiguous []AmbiguousID
	Missing   []string // as the person wrote them
	LeftOut
	Given int // number of distinct ids
}

// AmbiguousID is an id that orders on several panels have.
type AmbiguousID struct {
	ID int64
	On []PanelRef
}

// wantedID is an id as the person wrote it. key.PanelID is 0 if the panel is still unknown. nowhere is true behind a
// code that none of the viewer's panels has: such an id must not match another panel's order.
type wantedID struct {
	key     Key
	nowhere bool
	text    string
}

// ResolveOrders finds the orders whose ids are in a text, with any separators, alone or behind the short code of a
// panel, as in "MTP 594550 594551" or "MTP-594550". A code applies until the end of its line. Ids without a code belong
// to panelID if it is not 0. Picks choose the order for ids that several panels have.
func (db *DB) ResolveOrders(ctx context.Context, v Viewer, text string, panelID int64, picks []Key) (Resolved, error) {
	wanted, left := v.wantedIDs(text, panelID)
	r := Resolved{LeftOut: left, Given: len(wanted)}
	if len(wanted) > MostInBatch {
		return r, Invalid{"ids": fmt.Sprintf("You pasted %d IDs. One batch can have up to %d.", len(wanted), MostInBatch)}
	}
	found, err := db.wantedOrders(ctx, v, wanted)
	if err != nil {
		return r, fmt.Errorf("resolving ids: %w", err)
	}
	byID := map[int64][]Order{}
	for _, o := range found {
		byID[o.ID] = append(byID[o.ID], o)
	}
	for _, w := range wanted {
		r.add(v, w, w.among(byID[w.key.ID], picks))
	}
	r.Orders = once(r.Orders)
	return r, nil
}

// among returns the orders that the id may mean.
func (w wantedID) among(orders []Order, picks []Key) []Order {
	if w.nowhere {
		return nil
	}
	if w.key.PanelID != 0 {
		return slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return o.PanelID != w.key.PanelID })
	}
	for _, o := range orders {
		if slices.Contains(picks, o.Key) {
			return []Order{o}
		}
	}
	return orders
}

func (r *Resolved) add(v Viewer, w wantedID, orders []Order) {
	switch {
	case len(orders) == 0:
		r.Missing = append(r.Missing, w.text)
	case len(orders) > 1:
		ambiguous := AmbiguousID{ID: w.key.ID}
		for _, o := range orders {
			panel, _ := v.Panel(o.PanelID)
			ambiguous.On = append(ambiguous.On, panel)
		}
		r.Ambiguous = append(r.Ambiguous, ambiguous)
	default:
		r.Orders = append(r.Orders, orders[0])
	}
}

// once removes duplicates: orders that were given in two ways, such as with and without a code.
func once(orders []Order) []Order {
	seen := map[Key]bool{}
	return slices.DeleteFunc(orders, func(o Order) bool {
		twice := seen[o.Key]
		seen[o.Key] = true
		return twice
	})
}

// wantedIDs parses a text. Ids without a code or an address get panelID.
func (v Viewer) wantedIDs(text string, panelID int64) (wanted []wantedID, left LeftOut) {
	read := v.readIDs(text)
	left = leftOut(read)
	for _, id := range read.IDs {
		if id.Noun != "" && id.Noun != string(Orders) {
			left.Ignored = append(left.Ignored, id.Text)
			continue
		}
		one := wantedID{Key{id.Panel, id.Number}, id.Nowhere, id.Text}
		if id.Panel == 0 && !id.Nowhere {
			one.key.PanelID = panelID
		}
		wanted = append(wanted, one)
	}
	return wanted, left
}

// wantedOrders returns the orders with these ids that the viewer may see, on the named panel or on all.
func (db *DB) wantedOrders(ctx context.Context, v Viewer, wanted []wantedID) ([]Order, error) {
	var anywhere []int64
	var keys []Key
	for _, w := range wanted {
		switch {
		case w.nowhere:
		case w.key.PanelID == 0:
			anywhere = append(anywhere, w.key.ID)
		default:
			keys = append(keys, w.key)
		}
	}
	for _, p := range v.Panels {
		for _, id := range anywhere {
			keys = append(keys, Key{p.ID, id})
		}
	}
	return db.ordersByKey(ctx, v, keys)
}

// keysAtOnce is the maximum number of orders per lookup query.
const keysAtOnce = 5000

// ordersByKey returns the existing orders that the viewer may see, in the order of the keys.
func (db *DB) ordersByKey(ctx context.Context, v Viewer, keys []Key) ([]Order, error) {
	found := make(map[Key]Order, len(keys))
	for some := range slices.Chunk(keys, keysAtOnce) {
		var rows []Order
		query := db.selectFor(v, &rows).Where("t.panel_id = ANY(?::bigint[])", bigints(v.PanelIDs()))
		only(query, some)
		if err := query.Scan(ctx); err != nil {
			return nil, err
		}
		for _, o := range rows {
			found[o.Key] = o
		}
	}
	var all []Order
	for _, key := range keys {
		if o, ok := found[key]; ok {
			all = append(all, o)
			delete(found, key) // a repeated key gives one order
		}
	}
	return all, nil
}
