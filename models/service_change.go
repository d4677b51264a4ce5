package models

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// ServiceChange is a change in a panel's services. Kind is new, removed, back or changed; for "changed" Field is the
// field, and Old and New are its values. Name is the service's name at that time.
type ServiceChange struct {
	bun.BaseModel `bun:"table:service_changes,alias:t"`
	Key
	Sorted
	ServiceID int64     `bun:"service_id"`
	Name      string    `bun:"name"`
	At        time.Time `bun:"at"`
	Kind      string    `bun:"kind"`
	Field     string    `bun:"field"`
	Old       string    `bun:"old"`
	New       string    `bun:"new"`
}

// soldAs returns the fields of a service whose changes are stored, as text.
func (s Service) soldAs() [][2]string {
	return [][2]string{
		{"name", s.Name}, {"category", s.Category}, {"type", s.Type}, {"rate", decimalText(s.Rate)}, {"min", wholeText(s.Min)},
		{"max", wholeText(s.Max)}, {"refill", strconv.FormatBool(s.Refill)}, {"cancel", strconv.FormatBool(s.Cancel)},
	}
}

func decimalText(d decimal.NullDecimal) string {
	if !d.Valid {
		return "unknown"
	}
	return d.Decimal.String()
}

func wholeText(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return strconv.FormatInt(*n, 10)
}

// changesTo returns the changes between two states of a panel's services, and, if now is complete, the removed ones. It
// returns none for a panel's first services.
func changesTo(old map[int64]Service, now []Service, whole bool, at time.Time) []ServiceChange {
	var changes []ServiceChange
	if len(old) == 0 {
		return nil
	}
	there := make(map[int64]bool, len(now))
	for _, s := range now {
		there[s.ID] = true
		change := ServiceChange{Key: Key{PanelID: s.PanelID}, ServiceID: s.ID, Name: s.Name, At: at}
		was, known := old[s.ID]
		switch {
		case !known:
			change.Kind = "new"
			changes = append(changes, change)
			continue
		case was.GoneAt != nil:
			change.Kind = "back"
			changes = append(changes, change)
		}
		change.Kind = "changed"
		before := was.soldAs()
		for i, field := range s.soldAs() {
			if before[i][1] != field[1] {
				change.Field, change.Old, change.New = field[0], before[i][1], field[1]
				changes = append(changes, change)
			}
		}
	}
	for id, s := range old {
		if whole && !there[id] && s.GoneAt == nil {
			changes = append(changes, ServiceChange{Key: Key{PanelID: s.PanelID}, ServiceID: id, Name: s.Name, At: at, Kind: "removed"})
		}
	}
	return changes
}

// sold returns a panel's stored services, including gone ones, and the latest fetch time among them.
func (db *DB) sold(ctx context.Context, panelID int64) (services map[int64]Service, fetchedAt time.Time, err error) {
	var rows []Service
	if err := db.idb.NewSelect().Model(&rows).ExcludeColumn("raw").Where("panel_id = ?", panelID).Scan(ctx); err != nil {
		return nil, fetchedAt, fmt.Errorf("reading services: %w", err)
	}
	services = make(map[int64]Service, len(rows))
	for _, s := range rows {
		services[s.ID] = s
		if s.FetchedAt.After(fetchedAt) {
			fetchedAt = s.FetchedAt
		}
	}
	return services, fetchedAt, nil
}

// keepChanges adds changes to the history of services.
func (db *DB) keepChanges(ctx context.Context, changes []ServiceChange) error {
	if len(changes) == 0 {
		return nil
	}
	_, err := db.idb.NewInsert().Model(&changes).ExcludeColumn("id").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving changes in services: %w", err)
	}
	return nil
}

// ServiceChanges lists changes of services on the viewer's panels.
func (db *DB) ServiceChanges(ctx context.Context, v Viewer, q ListQuery) (Page[ServiceChange], error) {
	return listPage[ServiceChange](ctx, db, v, ServiceChangeList, q)
}

// ChangesOf returns up to n of the latest changes of one service.
func (db *DB) ChangesOf(ctx context.Context, v Viewer, service Key, n int) ([]ServiceChange, error) {
	var changes []ServiceChange
	query := db.idb.NewSelect().Model(&changes)
	changesScope(query, v, []int64{service.PanelID})
	err := query.Where("t.service_id = ?", service.ID).OrderExpr("t.id DESC").Limit(int64(n)).Scan(ctx)
	return changes, err
}

// changesScope limits changes to the viewer's panels. It omits changes of rates if the viewer cannot see money.
func changesScope(query *bun.SelectQuery, v Viewer, named []int64) {
	ofPanels(query, v, named)
	if !v.Can(PermSeeMoney) {
		query.Where("t.field <> 'rate'")
	}
}

func searchChanges(v Viewer, text string) search {
	if ids, ok := codedIDs(v, text, string(Services)); ok {
		return ids.of("Service", "t.service_id")
	}
	return search{condition: "t.name ILIKE ?", args: []any{contains(text)}, reading: "Service contains " + quoted(text)}
}
