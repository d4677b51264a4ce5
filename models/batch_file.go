package models

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// BatchFile returns all orders of a batch that the viewer may see, for a file, and logs the export. It returns
// ErrNotAllowed without PermExport.
func (db *DB) BatchFile(ctx context.Context, v Viewer, id int64) ([]PanelAction, error) {
	if _, _, err := db.Batch(ctx, v, id); err != nil {
		return nil, err
	}
	if !v.Can(PermExport) {
		return nil, ErrNotAllowed
	}
	all, err := db.BatchResults(ctx, v, id, nil, MostInBatch)
	if err != nil {
		return nil, err
	}
	changes := []Change{{Field: "Batch", New: fmt.Sprint(id)}, {Field: "Rows", New: strconv.Itoa(len(all))}}
	return all, db.record(ctx, v, onPanels(ActExport, v, v.PanelIDs(), changes...))
}

// SelectedIDs returns the selected orders as text for ResolveOrders: one line per panel that begins with its short
// code. It returns Invalid if there are more than MostInBatch.
func (db *DB) SelectedIDs(ctx context.Context, v Viewer, s Selection) (string, error) {
	var panels []int64
	of, n := map[int64][]string{}, 0
	err := db.EachSelected(ctx, v, s, func(keys []Key) (bool, error) {
		for _, key := range keys {
			if of[key.PanelID] == nil {
				panels = append(panels, key.PanelID)
			}
			of[key.PanelID] = append(of[key.PanelID], strconv.FormatInt(key.ID, 10))
		}
		n += len(keys)
		return n > MostInBatch, nil
	})
	if err != nil {
		return "", err
	}
	if n > MostInBatch {
		return "", Invalid{"ids": fmt.Sprintf("More than %d orders match. That is the maximum of one batch. Add filters.", MostInBatch)}
	}
	var lines []string
	for _, id := range panels {
		panel, _ := v.Panel(id)
		lines = append(lines, panel.ShortCode+" "+strings.Join(of[id], " "))
	}
	return strings.Join(lines, "\n"), nil
}

// KeysText returns orders as text for ResolveOrders: one per line, as short code and id.
func (v Viewer) KeysText(keys []Key) string {
	words := make([]string, len(keys))
	for i, key := range keys {
		panel, _ := v.Panel(key.PanelID)
		words[i] = panel.ShortCode + "-" + strconv.FormatInt(key.ID, 10)
	}
	return strings.Join(words, "\n")
}
