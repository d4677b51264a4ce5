package models

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ViewInput is the form of a view, besides its filters. Default makes the viewer's own list open with it.
type ViewInput struct {
	Name            string
	Shared, Default bool
}

const (
	longestViewName   = 40    // characters; the name must fit on a tab
	longestViewParams = 20000 // bytes; 500 ids are 6,000
	mostViews         = 50    // per list, for each person and for shared views
)

// CreateView stores a list's query under a name and returns the view's id. Its Invalid errors are for the field name.
func (db *DB) CreateView(ctx context.Context, v Viewer, l *List, q ListQuery, in ViewInput) (id int64, err error) {
	q.Panels = v.allowed(q.Panels)
	s := SavedView{List: l.Noun, Name: viewName(in.Name), Params: q.ViewParams(l).Encode(), MadeBy: v.StaffID, OnlyFor: v.StaffID}
	if in.Shared && v.MayShareViews() {
		s.OnlyFor = 0
	}
	if err := s.check(); err != nil {
		return 0, err
	}
	err = db.Tx(ctx, func(db *DB) error {
		if err := db.checkRoomForView(ctx, s); err != nil {
			return err
		}
		now := db.now()
		err := db.idb.NewRaw(`INSERT INTO saved_views (list, name, params, made_by, only_for, created_at, updated_at)
			VALUES (?, ?, ?, ?, nullif(?, 0), ?, ?) RETURNING id`, s.List, s.Name, s.Params, s.MadeBy, s.OnlyFor, now, now).Scan(ctx, &s.ID)
		if err != nil {
			return viewProblem(err)
		}
		if err := db.setDefaultView(ctx, v, s, in.Default); err != nil {
			return err
		}
		return db.record(ctx, v, s.entry(v, ActAddView, s.changesFrom(SavedView{})...))
	})
	return s.ID, err
}

// ChangeView renames a view, shares or unshares it, and sets if it is the viewer's default. A viewer who cannot edit it
// can only set the default. It returns ErrNotFound if they do not have the view.
func (db *DB) ChangeView(ctx context.Context, v Viewer, id int64, in ViewInput) error {
	return db.changeView(ctx, v, id, func(db *DB, s *SavedView) error {
		if err := db.setDefaultView(ctx, v, *s, in.Default); err != nil || !s.EditableBy(v) {
			return err
		}
		s.Name = viewName(in.Name)
		switch {
		case !s.IsOf(v): // only its author decides if it is shared
		case in.Shared && v.MayShareViews():
			s.OnlyFor = 0
		default:
			s.OnlyFor = s.MadeBy
		}
		return s.check()
	})
}

// SetViewQuery replaces the query of a view. It keeps panels in it that the viewer may not see. It returns
// ErrNotAllowed if they cannot edit it.
func (db *DB) SetViewQuery(ctx context.Context, v Viewer, id int64, l *List, q ListQuery) error {
	return db.changeView(ctx, v, id, func(_ *DB, s *SavedView) error {
		if s.List != l.Noun {
			return ErrNotFound
		}
		if !s.EditableBy(v) {
			return ErrNotAllowed
		}
		if len(q.Panels) > 0 {
			q.Panels = append(v.allowed(q.Panels), s.foreignPanels(v)...)
		}
		s.Params = q.ViewParams(l).Encode()
		return s.check()
	})
}

// DeleteView deletes a view, for all staff if it is shared. It returns ErrNotAllowed if the viewer cannot edit it.
func (db *DB) DeleteView(ctx context.Context, v Viewer, id int64) error {
	return db.Tx(ctx, func(db *DB) error {
		s, err := db.lockView(ctx, v, id)
		if err != nil {
			return err
		}
		if !s.EditableBy(v) {
			return ErrNotAllowed
		}
		if _, err := db.idb.NewDelete().Model(&s).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("deleting a view: %w", err)
		}
		return db.record(ctx, v, s.entry(v, ActDeleteView, SavedView{}.changesFrom(s)...))
	})
}

// changeView makes and logs one change of a view. It does not log a change of the viewer's default view, because that
// is personal.
func (db *DB) changeView(ctx context.Context, v Viewer, id int64, change func(*DB, *SavedView) error) error {
	return db.Tx(ctx, func(db *DB) error {
		s, err := db.lockView(ctx, v, id)
		if err != nil {
			return err
		}
		old := s
		if err := change(db, &s); err != nil {
			return err
		}
		if s == old {
			return nil
		}
		changes := s.changesFrom(old)
		if s.OnlyFor != old.OnlyFor {
			if err := db.checkRoomForView(ctx, s); err != nil {
				return err
			}
		}
		_, err = db.idb.NewRaw("UPDATE saved_views SET name = ?, params = ?, only_for = nullif(?, 0), updated_at = ? WHERE id = ?",
			s.Name, s.Params, s.OnlyFor, db.now(), s.ID).Exec(ctx)
		if err != nil {
			return viewProblem(err)
		}
		if s.Name == old.Name {
			changes = append([]Change{{Field: "Name", New: s.Name}}, changes...)
		}
		return db.record(ctx, v, s.entry(v, ActChangeView, changes...))
	})
}

func (db *DB) lockView(ctx context.Context, v Viewer, id int64) (SavedView, error) {
	if _, err := db.idb.ExecContext(ctx, "SELECT 1 FROM saved_views WHERE id = ? FOR UPDATE", id); err != nil {
		return SavedView{}, fmt.Errorf("locking a view: %w", err)
	}
	return db.SavedView(ctx, v, id)
}

func (db *DB) setDefaultView(ctx context.Context, v Viewer, s SavedView, on bool) error {
	query := db.idb.NewRaw("DELETE FROM default_views WHERE staff_id = ? AND view_id = ?", v.StaffID, s.ID)
	if on {
		query = db.idb.NewRaw(`INSERT INTO default_views (staff_id, list, view_id) VALUES (?, ?, ?)
			ON CONFLICT (staff_id, list) DO UPDATE SET view_id = EXCLUDED.view_id`, v.StaffID, s.List, s.ID)
	}
	if _, err := query.Exec(ctx); err != nil {
		return fmt.Errorf("setting the default view: %w", err)
	}
	return nil
}

func (db *DB) checkRoomForView(ctx context.Context, s SavedView) error {
	n, err := db.idb.NewSelect().Model((*SavedView)(nil)).Where("list = ?", s.List).
		Where("coalesce(only_for, 0) = ?", s.OnlyFor).Where("id <> ?", s.ID).Count(ctx)
	if err == nil && n >= mostViews {
		return Invalid{"name": fmt.Sprintf("This list already has %d views. Delete one first.", mostViews)}
	}
	return err
}

func (s SavedView) check() error {
	problems := Invalid{}
	switch n := utf8.RuneCountInString(s.Name); {
	case n == 0:
		problems["name"] = "Give the view a name."
	case n > longestViewName || !clean(s.Name):
		problems["name"] = fmt.Sprintf("A name can have up to %d characters.", longestViewName)
	case len(s.Params) > longestViewParams:
		problems["name"] = "A view cannot store so many filters. Choose fewer."
	}
	return problems.orNil()
}

// viewName returns a name in one line without invisible characters.
func viewName(typed string) string {
	shown := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.In(r, unicode.Cf) {
			return -1
		}
		return r
	}, typed)
	return strings.Join(strings.Fields(shown), " ")
}

func viewProblem(err error) error {
	if violates(err, "saved_views_name") {
		return Invalid{"name": "A view with this name already exists. Choose another name, or delete that view."}
	}
	return fmt.Errorf("saving a view: %w", err)
}

// foreignPanels returns the panels of the view that the viewer may not see.
func (s SavedView) foreignPanels(v Viewer) []int64 {
	named := s.panels()
	mine := v.allowed(named)
	return slices.DeleteFunc(named, func(id int64) bool { return slices.Contains(mine, id) })
}

// entry returns a log entry for an action on the view. If the viewer may not see all of its panels, only people with
// access to all panels can read the entry.
func (s SavedView) entry(v Viewer, action Action, changes ...Change) Entry {
	e := onPanels(action, v, v.allowed(s.panels()), append([]Change{{Field: "List", New: s.List}}, changes...)...)
	if len(s.foreignPanels(v)) > 0 {
		e.PanelID = ManyPanels
	}
	e.Object, e.ObjectIDs = ObjectView, []int64{s.ID}
	return e
}

func (s SavedView) changesFrom(old SavedView) []Change {
	changes := changed(Change{"Name", old.Name, s.Name}, Change{"For", old.forWhom(), s.forWhom()})
	if s.Params != old.Params || s.List != old.List {
		changes = append(changes, Change{"Filters", old.filterWords(), s.filterWords()})
	}
	return changes
}

func (s SavedView) forWhom() string {
	switch {
	case s.List == "":
		return ""
	case s.Shared():
		return "everybody"
	}
	return "its maker"
}
