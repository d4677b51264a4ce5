package models

import (
	"context"
	"time"
)

// StreamFigure is the lag of a stream, for monitoring.
type StreamFigure struct {
	StreamKey
	ShortCode string
	Status    StreamStatus
	// Lag is the time since the stream's last success, or since its panel was connected if there was none.
	Lag    time.Duration
	Cached int64
}

// StreamFigures returns all streams that the sync reads: streams of panels that are neither paused nor removed, and
// services only if there is a key for them. The figures cover whole panels and contain no personal data, so no Viewer
// is needed.
func (db *DB) StreamFigures(ctx context.Context) ([]StreamFigure, error) {
	var found []struct {
		PanelID   int64
		Resource  Resource
		ShortCode string
		Status    StreamStatus
		Since     time.Time
		Cached    int64
	}
	err := db.idb.NewRaw(`
		SELECT s.panel_id, s.resource, p.short_code, s.status, coalesce(s.last_success_at, p.created_at) AS since, s.cached
		FROM streams AS s JOIN panels AS p ON p.id = s.panel_id
		WHERE p.removed_at IS NULL AND p.paused_at IS NULL AND (s.resource <> 'services' OR p.services_key_sealed <> '')`).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	figures := make([]StreamFigure, len(found))
	for i, f := range found {
		figures[i] = StreamFigure{StreamKey: StreamKey{PanelID: f.PanelID, Resource: f.Resource}, ShortCode: f.ShortCode, Status: f.Status,
			Lag: max(0, db.now().Sub(f.Since)), Cached: f.Cached}
	}
	return figures, nil
}

// ActionFigure is the number of actions in a state.
type ActionFigure struct {
	State ActionState
	Count int
}

// UnfinishedActions counts the unfinished actions of all panels by state. It includes unfinished states without any
// action. It skips finished actions: their number only grows, and counting them would read the whole table.
func (db *DB) UnfinishedActions(ctx context.Context) ([]ActionFigure, error) {
	var figures []ActionFigure
	err := db.idb.NewRaw(`
		SELECT states.state, count(a.state) AS count
		FROM unnest(ARRAY['queued', 'sending', 'unconfirmed']) AS states(state)
		LEFT JOIN actions AS a ON a.state = states.state AND a.state IN `+unfinished+`
		GROUP BY states.state`).Scan(ctx, &figures)
	return figures, err
}
