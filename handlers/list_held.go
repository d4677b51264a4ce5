package handlers

import (
	"crypto/sha256"
	"encoding/binary"
	"reflect"

	"masterpanel/models"
)

// heldRows are the rows that one answer has from what was kept. Of a list whose rows are named by the hash of their record
// it tells which rows need not even be read; else a row is named by all that was read of it.
type heldRows struct {
	app    *app
	viewer models.Viewer
	look   look
	hashed bool
	looks  map[int64]rowName // of the rows of each panel
	rows   map[models.Key]written
}

// recorded is a row that its record's hash names, while that is whole: nothing else is to show of it.
type recorded interface {
	Record() (key models.Key, hash int64, whole bool)
}

func (a *app) heldRows(l listing) *heldRows {
	return &heldRows{app: a, viewer: l.viewer, look: a.lookOf(l), hashed: l.def.Hashed, looks: map[int64]rowName{}, rows: map[models.Key]written{}}
}

// has tells whether a row with this hash is kept as this viewer sees it, and holds it from then on.
func (h *heldRows) has(key models.Key, hash int64) bool {
	row, there := h.app.rows.get(h.hashName(key, hash))
	if there {
		h.rows[key] = row
	}
	return there
}

// find finds a row as it was written before, or says under which name it is to be kept. What it holds already comes first:
// nothing else was read of such a row.
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

// hashName names a row by how its panel's rows look, of which it holds a fingerprint, and by its id and its record's hash as
// they are.
func (h *heldRows) hashName(key models.Key, hash int64) rowName {
	name, there := h.looks[key.PanelID]
	if !there {
		name = sha256.Sum256(texts(h.look.on(h.viewer, key.PanelID), "record"))
		h.looks[key.PanelID] = name
	}
	binary.LittleEndian.PutUint64(name[16:], uint64(key.ID)) // #nosec G115 -- only its bits name the row
	binary.LittleEndian.PutUint64(name[24:], uint64(hash))   // #nosec G115 -- only its bits name the row
	return name
}

// answeredBefore tells whether this page of a list was written lately for somebody who sees it alike, so that nearly all of
// its rows are kept, and takes note that now it is.
func (a *app) answeredBefore(l listing, look look) bool {
	name := rowName(sha256.Sum256(texts(look.fixed, "page", l.url())))
	_, there := a.rows.get(name)
	if !there {
		a.rows.put(name, written{})
	}
	return there
}
