package handlers

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"

	"masterpanel/models"
)

// heldRows is the set of cached rows that one response can reuse. If the list keys its rows by the record's hash,
// heldRows also tells the query which rows it need not read. Otherwise the cache key covers all fields of a row, so
// every row is read.
type heldRows struct {
	app    *app
	viewer models.Viewer
	look   look
	hashed bool
	looks  map[int64]rowName // the first half of the cache key, by panel
	rows   map[models.Key]written
}

// recorded is a row that its record's hash identifies as long as whole is true: then no other data appears in it.
type recorded interface {
	Record() (key models.Key, hash int64, whole bool)
}

func (a *app) heldRows(l listing) *heldRows {
	return &heldRows{app: a, viewer: l.viewer, look: a.lookOf(l), hashed: l.def.Hashed, looks: map[int64]rowName{}, rows: map[models.Key]written{}}
}

// has reports whether the cache has this version of the row for this viewer. A hit stays in h.rows for the whole
// response.
func (h *heldRows) has(key models.Key, hash int64) bool {
	row, there := h.app.rows.get(h.hashName(key, hash))
	if there {
		h.rows[key] = row
	}
	return there
}

// find returns the cached row, or the key under which to cache it. It checks h.rows first, because the query skipped
// the other fields of those rows, so their full content is unknown here.
func (h *heldRows) find(row listed) (name rowName, held written, there bool) {
	record, ok := row.(recorded)
	if !ok || !h.hashed {
		return h.kept(h.look.name(h.viewer, row.OnPanel(), reflect.ValueOf(row).Elem()))
	}
	key, hash, whole := record.Record()
	if held, there = h.rows[key]; there {
		return name, held, true
	}
	if !whole {
		return h.kept(h.look.name(h.viewer, key.PanelID, reflect.ValueOf(row).Elem()))
	}
	return h.kept(h.hashName(key, hash))
}

func (h *heldRows) kept(name rowName) (rowName, written, bool) {
	row, there := h.app.rows.get(name)
	return name, row, there
}

// hashName returns the cache key of a row that its hash identifies. The first 16 bytes are a fingerprint of the look of
// its panel's rows; the row's ID and hash follow unhashed.
func (h *heldRows) hashName(key models.Key, hash int64) rowName {
	name, there := h.looks[key.PanelID]
	if !there {
		name = sha256.Sum256(texts(h.look.on(h.viewer, key.PanelID), "record"))
		h.looks[key.PanelID] = name
	}
	binary.LittleEndian.PutUint64(name[16:], uint64(key.ID)) // #nosec G115 -- only the bits matter
	binary.LittleEndian.PutUint64(name[24:], uint64(hash))   // #nosec G115 -- only the bits matter
	return name
}

// answeredBefore reports whether this page of the list was rendered lately for the same look, so that nearly all of its
// rows are cached. It also records that the page is being rendered now.
func (a *app) answeredBefore(l listing, look look) bool {
	name := rowName(sha256.Sum256(texts(look.fixed, "page", l.url())))
	_, there := a.rows.get(name)
	if !there {
		a.rows.put(name, written{})
	}
	return there
}
