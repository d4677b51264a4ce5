package models

import (
	"context"
	"fmt"
	"slices"
)

// Resolved is what the ids that a person pasted turn out to be, each in exactly one of the lists, in the order given.
// An order on a panel that the viewer may not see is missing like one that is nowhere.
type Resolved struct {
	Orders    []Order
	Ambiguous []AmbiguousID
	Missing   []string // as they were given
	LeftOut
	Given int // ids, each counted once
}

// AmbiguousID is an id that orders on several panels have.
type AmbiguousID struct {
	ID int64
	On []PanelRef
}

// wantedID is an id as it was given: on a panel, or with none on one that is to be found. Nowhere is one behind a code
// that no panel of the viewer has: it must not be taken for another panel's order of that number.
type wantedID struct {
	key     Key
	nowhere bool
	text    string
}

// ResolveOrders finds the orders whose ids stand in a text, however they are apart, alone or behind the short code of a
// panel, as in "MTP 594550 594551" or "MTP-594550"; a code counts to the end of its line. On panelID, if it is not 0, are
// those without a code. Picks say which order is meant by ids that several panels have.
func (db *DB) ResolveOrders(ctx context.Context, v Viewer, text string, panelID int64, picks []Key) (Resolved, error) {
	wanted, left := v.wantedIDs(text, panelID)
	r := Resolved{LeftOut: left, Given: len(wanted)}
	if len(wanted) > MostInBatch {
		return r, Invalid{"ids": fmt.Sprintf("These are %d ids; up to %d go at once.", len(wanted), MostInBatch)}
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

// among are the orders that may be meant.
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

// once leaves out orders that were given in two ways, such as with a code and without.
func once(orders []Order) []Order {
	seen := map[Key]bool{}
	return slices.DeleteFunc(orders, func(o Order) bool {
		twice := seen[o.Key]
		seen[o.Key] = true
		return twice
	})
}

// wantedIDs reads a text. An ID without a code or an address is on panelID.
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

// wantedOrders are the orders with these ids that the viewer may see: on the panels that are named, or on all.
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

// keysAtOnce is how many orders are looked up by one query.
const keysAtOnce = 5000

// ordersByKey are those of the orders that are there and that the viewer may see, in the order of the keys.
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
			delete(found, key) // named twice it is one
		}
	}
	return all, nil
}
