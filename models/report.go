package models

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Report says that a service has a problem. OrderID is the order that showed it, 0 if the report is only about the
// service. Names are as they were at the time of the report.
type Report struct {
	bun.BaseModel `bun:"table:reports,alias:t"`
	Key
	Sorted
	ServiceID   int64      `bun:"service_id"`
	ServiceName string     `bun:"service_name"`
	OrderID     int64      `bun:"order_id"`
	Reason      string     `bun:"reason"`
	ReportedBy  int64      `bun:"reported_by"`
	Reporter    string     `bun:"reporter"`
	CreatedAt   time.Time  `bun:"created_at"`
	Status      string     `bun:"status"`
	ResolvedAt  *time.Time `bun:"resolved_at"`
	Resolver    string     `bun:"resolver"`
	Note        string     `bun:"note"`
}

// The statuses of a report, in their order.
const (
	ReportOpen     = "open"
	ReportResolved = "resolved"
)

// ReportStatuses lists the statuses of a report.
var ReportStatuses = []string{ReportOpen, ReportResolved}

// longestReport is the maximum number of characters in a reason or a note.
const longestReport = 2000

// ReportInput is a person's report of a problem with a service, or with an order, which determines the service.
type ReportInput struct {
	PanelID, ServiceID, OrderID int64
	Reason                      string
}

// About returns the report for the input without its reason. A viewer who can see the service or the order can report
// it.
func (db *DB) About(ctx context.Context, v Viewer, in ReportInput) (Report, error) {
	r := Report{Key: Key{PanelID: in.PanelID}, ServiceID: in.ServiceID, OrderID: in.OrderID}
	if in.OrderID != 0 {
		o, err := db.Order(ctx, v, Key{PanelID: in.PanelID, ID: in.OrderID})
		r.ServiceID, r.ServiceName = o.ServiceID, o.ServiceName
		return r, err
	}
	s, err := db.Service(ctx, v, Key{PanelID: in.PanelID, ID: in.ServiceID})
	r.ServiceName = s.Name
	return r, err
}

// AddReport stores a report and returns its key. If the same person submits the same report while it is open, it stays
// one report. Its Invalid error is for the field reason.
func (db *DB) AddReport(ctx context.Context, v Viewer, in ReportInput) (Key, error) {
	r, err := db.About(ctx, v, in)
	if err != nil {
		return Key{}, err
	}
	if r.Reason, err = reportText("reason", "Describe the problem.", in.Reason); err != nil {
		return Key{}, err
	}
	r.ReportedBy, r.Reporter, r.CreatedAt, r.Status = v.StaffID, v.Username, db.now(), ReportOpen
	err = db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.ExecContext(ctx, "SELECT FROM staff WHERE id = ? FOR UPDATE", v.StaffID); err != nil { // a second click waits here
			return fmt.Errorf("reporting a problem: %w", err)
		}
		err := db.idb.NewRaw(`SELECT id FROM reports WHERE panel_id = ? AND service_id = ? AND status = 'open' AND order_id = ?
			AND reported_by = ? AND reason = ?`, r.PanelID, r.ServiceID, r.OrderID, r.ReportedBy, r.Reason).Scan(ctx, &r.ID)
		if err = notFound(err); err != ErrNotFound {
			return err
		}
		err = db.idb.NewInsert().Model(&r).ExcludeColumn("id").Returning("id").Scan(ctx, &r.ID)
		if err != nil {
			return fmt.Errorf("reporting a problem: %w", err)
		}
		return db.record(ctx, v, r.entry(ActReport, Change{Field: "Reason", New: r.Reason}))
	})
	return r.Key, err
}

// ResolveReport closes a report with a note. It returns ErrNotAllowed without PermReportResolve. Its Invalid error is
// for the field note.
func (db *DB) ResolveReport(ctx context.Context, v Viewer, key Key, note string) error {
	if !v.Can(PermReportResolve) {
		return ErrNotAllowed
	}
	return db.Tx(ctx, func(db *DB) error {
		r, err := db.lockReport(ctx, v, key)
		if err != nil {
			return err
		}
		if r.Status != ReportOpen {
			return Invalid{"note": r.Resolver + " has already resolved it."}
		}
		if r.Note, err = reportText("note", "Describe the solution.", note); err != nil {
			return err
		}
		_, err = db.idb.NewRaw("UPDATE reports SET status = ?, resolved_at = ?, resolver = ?, note = ? WHERE id = ?",
			ReportResolved, db.now(), v.Username, r.Note, r.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("resolving a report: %w", err)
		}
		return db.record(ctx, v, r.entry(ActResolveReport, Change{Field: "Note", New: r.Note}))
	})
}

// ReopenReport reopens a resolved report. It returns ErrNotAllowed without PermReportResolve.
func (db *DB) ReopenReport(ctx context.Context, v Viewer, key Key) error {
	if !v.Can(PermReportResolve) {
		return ErrNotAllowed
	}
	return db.Tx(ctx, func(db *DB) error {
		r, err := db.lockReport(ctx, v, key)
		if err != nil || r.Status == ReportOpen {
			return err
		}
		_, err = db.idb.NewRaw("UPDATE reports SET status = ?, resolved_at = NULL, resolver = '', note = '' WHERE id = ?", ReportOpen, r.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("reopening a report: %w", err)
		}
		return db.record(ctx, v, r.entry(ActReopenReport, Change{Field: "Note", Old: r.Note}))
	})
}

func (db *DB) lockReport(ctx context.Context, v Viewer, key Key) (Report, error) {
	var r Report
	err := db.idb.NewSelect().Model(&r).Where("t.panel_id = ANY(?::bigint[])", bigints(v.allowed([]int64{key.PanelID}))).
		Where("t.id = ?", key.ID).For("UPDATE").Scan(ctx)
	return r, notFound(err)
}

// entry returns a log entry for an action on the report.
func (r Report) entry(action Action, changes ...Change) Entry {
	about := Change{Field: "Service", New: fmt.Sprintf("%d %s", r.ServiceID, r.ServiceName)}
	return Entry{Action: action, PanelID: r.PanelID, Object: ObjectReport, ObjectIDs: []int64{r.ID}, Changes: append([]Change{about}, changes...)}
}

// reportText returns the trimmed text of a required form field.
func reportText(field, blank, typed string) (string, error) {
	text := strings.TrimSpace(strings.ReplaceAll(typed, "\r\n", "\n"))
	switch {
	case text == "":
		return "", Invalid{field: blank}
	case utf8.RuneCountInString(text) > longestReport || !clean(text):
		return "", Invalid{field: fmt.Sprintf("Up to %d characters, please.", longestReport)}
	}
	return text, nil
}
