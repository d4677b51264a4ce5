package models

import (
	"context"
	"fmt"
)

// Reports is not a resource of a panel but our own. Views that show reports use its version in the same way as a
// resource's version.
const Reports Resource = "reports"

// ReportList lists the problems that staff reported, the latest first.
var ReportList = &List{
	Noun: "reports", Table: "reports", Resource: Reports, Created: "created_at", DefaultSort: "-reported_at",
	Statuses: ReportStatuses, search: searchReports, Copies: []Copy{{"ids", "IDs", ""}},
	Columns: []Column{
		{Name: "reported_at", Label: "Reported at", Sort: "t.created_at", Kind: "timestamptz", Always: true}, panelColumn(),
		{Name: "service", Label: "Service"}, {Name: "reason", Label: "Reason"}, {Name: "reported_by", Label: "Reported by"},
		{Name: "status", Label: "Status"}, {Name: "resolved", Label: "Resolved", Sort: "COALESCE(t.resolved_at, 'infinity')", Kind: "timestamptz"},
	},
	Promoted: []string{"service", "reported_by"},
	Filters: []Filter{
		{Name: "status", Label: "Status", Column: "status"},
		{Name: "service", Label: "Service", Column: "service_id", Label2: "service_name", Integer: true},
		{Name: "reported_by", Label: "Reported by", Column: "reporter"},
	},
}

// Reports lists the reports of the viewer's panels.
func (db *DB) Reports(ctx context.Context, v Viewer, q ListQuery) (Page[Report], error) {
	return listPage[Report](ctx, db, v, ReportList, q)
}

// Report returns one report that the viewer may see, else ErrNotFound.
func (db *DB) Report(ctx context.Context, v Viewer, key Key) (Report, error) {
	return findOne[Report](ctx, db, v, key)
}

// OpenReports returns up to n of a service's unresolved reports, the latest first.
func (db *DB) OpenReports(ctx context.Context, v Viewer, service Key, n int) ([]Report, error) {
	var reports []Report
	err := db.idb.NewSelect().Model(&reports).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{service.PanelID}))).
		Where("t.service_id = ?", service.ID).Where("t.status = ?", ReportOpen).OrderExpr("t.created_at DESC, t.id DESC").Limit(int64(n)).Scan(ctx)
	return reports, err
}

// fillOpenReports sets the number of open reports on each service.
func (db *DB) fillOpenReports(ctx context.Context, v Viewer, services []Service) error {
	if len(services) == 0 {
		return nil
	}
	var open []struct {
		PanelID, ServiceID, N int64
	}
	err := db.idb.NewRaw(`SELECT panel_id, service_id, count(*) AS n FROM reports
		WHERE status = 'open' AND panel_id = ANY(?::bigint[]) GROUP BY 1, 2`, bigints(v.PanelIDs())).Scan(ctx, &open)
	if err != nil {
		return fmt.Errorf("counting open reports: %w", err)
	}
	n := make(map[Key]int64, len(open))
	for _, o := range open {
		n[Key{o.PanelID, o.ServiceID}] = o.N
	}
	for i := range services {
		services[i].OpenReports = n[services[i].Key]
	}
	return nil
}

func searchReports(v Viewer, text string) search {
	if ids, ok := codedIDs(v, text, ""); ok {
		return either(ids.search("Report, service or order ID").reading, ids.search("Report"), ids.of("Service", "t.service_id"), ids.of("Order", "t.order_id"))
	}
	return search{condition: "t.reason ILIKE ?0 OR t.service_name ILIKE ?0 OR t.note ILIKE ?0", args: []any{contains(text)},
		reading: "Reason, service or note contains " + quoted(text)}
}
