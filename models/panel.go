package models

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Panel is one connected shop. Its keys are sealed; PanelAccess opens them for the worker.
type Panel struct {
	bun.BaseModel     `bun:"table:panels,alias:panel"`
	ID                int64       `bun:"id,pk,autoincrement"`
	Name              string      `bun:"name"`
	ShortCode         string      `bun:"short_code"`
	Colour            string      `bun:"colour"`
	URL               string      `bun:"url"`
	AdminKeySealed    []byte      `bun:"admin_key_sealed"`
	AdminKeyLast4     string      `bun:"admin_key_last4"`
	ServicesKeySealed []byte      `bun:"services_key_sealed"`
	ServicesKeyLast4  string      `bun:"services_key_last4"`
	KeyRefusedAt      time.Time   `bun:"key_refused_at,nullzero"`
	ProbeAt           time.Time   `bun:"probe_at,nullzero"` // next test call to a panel whose circuit is open
	PausedAt          time.Time   `bun:"paused_at,nullzero"`
	RemovedAt         time.Time   `bun:"removed_at,nullzero"`
	CheckRequestedAt  time.Time   `bun:"check_requested_at,nullzero"`
	CheckedAt         time.Time   `bun:"checked_at,nullzero"`
	CheckLines        []CheckLine `bun:"check_lines,type:jsonb"`
	CreatedAt         time.Time   `bun:"created_at"`
	// AddressNo increases with each change of the address. ShopCheckAt is when the records are next compared with the
	// mirror, zero once they match. ShopCheckWords says why they did not match.
	AddressNo      int       `bun:"address_no"`
	ShopCheckAt    time.Time `bun:"shop_check_at,nullzero"`
	ShopCheckWords string    `bun:"shop_check_words"`
	// ReplyMarkup is how the panel keeps the text of a reply.
	ReplyMarkup Markup `bun:"reply_markup"`
}

// CheckLine is one result of "Test connection", in words for staff.
type CheckLine struct {
	What  string `json:"what"`
	OK    bool   `json:"ok"`
	Words string `json:"words"`
}

// Checking reports whether a connection test was requested and has not ended.
func (p Panel) Checking() bool { return p.CheckRequestedAt.After(p.CheckedAt) }

// HasServicesKey reports whether the panel has a key to read its services.
func (p Panel) HasServicesKey() bool { return len(p.ServicesKeySealed) > 0 }

// PanelInput is the form of a panel. The caller has normalised URL. A blank key keeps the stored one; a single dash
// clears it.
type PanelInput struct {
	Name, ShortCode, Colour, URL, AdminAPIKey, ServicesAPIKey string
	// Shop says, if the address changes, whether it is still the same shop.
	Shop ShopAnswer
}

var shortCodePattern = regexp.MustCompile(`^[A-Za-z0-9]{2,6}$`)

func (in PanelInput) check(isNew bool) error {
	invalid := Invalid{}
	if in.Name == "" || utf8.RuneCountInString(in.Name) > 80 {
		invalid["name"] = "Give the panel a name of 1 to 80 characters."
	}
	if !shortCodePattern.MatchString(in.ShortCode) {
		invalid["short_code"] = "Use 2 to 6 letters or digits, such as MTP."
	}
	if !slices.Contains(Colours, in.Colour) {
		invalid["colour"] = "Choose one of: " + strings.Join(Colours, ", ") + "."
	}
	if isNew && in.AdminAPIKey == "" || in.AdminAPIKey == "-" {
		invalid["admin_api_key"] = "Enter the admin API key from the panel's own settings."
	}
	for field, key := range map[string]string{"admin_api_key": in.AdminAPIKey, "services_api_key": in.ServicesAPIKey} {
		if len(key) > 500 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			invalid[field] = "A key is one word of letters, digits and signs. Check the pasted text."
		}
	}
	return invalid.orNil()
}

// checkMove asks, for a new address, whether it is the same shop. If the host changes, it also requires the keys again.
func (in PanelInput) checkMove(p Panel) error {
	if in.URL == p.URL {
		return nil
	}
	invalid := Invalid{}
	switch in.Shop {
	case SameShop:
	case AnotherShop:
		invalid["shop"] = "A panel always belongs to one shop. Nothing was saved. Connect the other shop as a new panel."
	default:
		invalid["shop"] = "You changed the address. Nothing was saved yet. Choose which shop has the new address."
	}
	from, fromErr := url.Parse(p.URL)
	to, toErr := url.Parse(in.URL)
	if fromErr == nil && toErr == nil && from.Scheme == to.Scheme && strings.EqualFold(from.Host, to.Host) {
		return invalid.orNil()
	}
	if in.AdminAPIKey == "" {
		invalid["admin_api_key"] = "Enter the key again: the stored key belongs to the earlier address."
	}
	if in.ServicesAPIKey == "" && p.HasServicesKey() {
		invalid["services_api_key"] = "Enter the key again, or - to clear it: the stored key belongs to the earlier address."
	}
	return invalid.orNil()
}

func (in PanelInput) trimmed() PanelInput {
	for _, s := range []*string{&in.Name, &in.ShortCode, &in.Colour, &in.URL, &in.AdminAPIKey, &in.ServicesAPIKey} {
		*s = strings.TrimSpace(*s)
	}
	in.ShortCode, in.Colour = strings.ToUpper(in.ShortCode), nearestColour(in.Colour)
	return in
}

// CreatePanel connects a panel and makes its streams due immediately. Its errors are Invalid by field.
func (db *DB) CreatePanel(ctx context.Context, v Viewer, in PanelInput) (Panel, error) {
	if !v.Can(PermManage) {
		return Panel{}, ErrNotAllowed
	}
	in = in.trimmed()
	if in.Colour == "" {
		in.Colour = Colours[0]
	}
	if err := in.check(true); err != nil {
		return Panel{}, err
	}
	p := Panel{Name: clip(in.Name, 80*utf8.UTFMax), ShortCode: in.ShortCode, Colour: in.Colour, URL: in.URL, CreatedAt: db.now(),
		CheckRequestedAt: db.now(), AdminKeySealed: []byte{}, ServicesKeySealed: []byte{}, CheckLines: []CheckLine{}}
	err := db.Tx(ctx, func(db *DB) error {
		if _, err := db.idb.NewInsert().Model(&p).Returning("id").Exec(ctx); err != nil {
			return panelConflict(err)
		}
		if err := db.setKeys(ctx, &p, in); err != nil {
			return err
		}
		if v.StaffID != 0 {
			if err := db.allowPanel(ctx, v.StaffID, p.ID); err != nil {
				return err
			}
		}
		if err := db.createStreams(ctx, p.ID); err != nil {
			return err
		}
		return db.record(ctx, v, p.entry(ActAddPanel, p.changesFrom(Panel{}, in)))
	})
	return p, err
}

// allowPanel gives the person who adds a panel access to it, even if their panels are a fixed list.
func (db *DB) allowPanel(ctx context.Context, staffID, panelID int64) error {
	_, err := db.idb.NewRaw("INSERT INTO staff_panels VALUES (?, ?) ON CONFLICT DO NOTHING", staffID, panelID).Exec(ctx)
	return err
}

// UpdatePanel changes a panel. A new key clears the state "key refused" and makes all streams due. A move to another
// host requires the keys again: otherwise a staff member without access to the key could have it sent to a server of
// their choice. After a change of address or admin key, workers first compare the panel's records with the mirror.
// After a change of address, each unfinished action asks a person.
func (db *DB) UpdatePanel(ctx context.Context, v Viewer, id int64, in PanelInput) (Panel, error) {
	in = in.trimmed()
	if err := in.check(false); err != nil {
		return Panel{}, err
	}
	var p Panel
	err := db.Tx(ctx, func(db *DB) error {
		var err error
		if p, err = db.lockPanel(ctx, v, id); err != nil {
			return err
		}
		if err := in.checkMove(p); err != nil {
			return err
		}
		old := p
		p.Name, p.ShortCode, p.Colour, p.URL = clip(in.Name, 80*utf8.UTFMax), in.ShortCode, in.Colour, in.URL
		p.CheckRequestedAt = db.now()
		if _, err := db.idb.NewUpdate().Model(&p).Column("name", "short_code", "colour", "url", "check_requested_at").
			WherePK().Exec(ctx); err != nil {
			return panelConflict(err)
		}
		if err := db.setKeys(ctx, &p, in); err != nil {
			return err
		}
		if err := db.changedAccess(ctx, old, &p); err != nil {
			return err
		}
		if err := db.record(ctx, v, p.entry(ActChangePanel, p.changesFrom(old, in))); err != nil {
			return err
		}
		return db.wakeStreams(ctx, id)
	})
	return p, err
}

// changedAccess runs after a change of a panel from old to p. For a new address or admin key it starts the comparison
// with the mirror; for a new address it also passes unfinished actions to a person.
func (db *DB) changedAccess(ctx context.Context, old Panel, p *Panel) error {
	moved := old.URL != p.URL
	if !moved && bytes.Equal(old.AdminKeySealed, p.AdminKeySealed) {
		return nil
	}
	p.ShopCheckAt, p.ShopCheckWords = db.now(), ""
	if moved {
		p.AddressNo++
		p.ReplyMarkup = MarkupUnknown
	}
	if _, err := db.idb.NewUpdate().Model(p).Column("address_no", "shop_check_at", "shop_check_words", "reply_markup").WherePK().Exec(ctx); err != nil {
		return err
	}
	if !moved {
		return nil
	}
	_, err := db.askAboutMoved(ctx, p.ID)
	return err
}

func panelConflict(err error) error {
	switch {
	case violates(err, "panels_short_code_key"):
		return Invalid{"short_code": "Another panel has this short code."}
	case violates(err, "panels_url_key"):
		return Invalid{"url": "This panel is already connected."}
	}
	return err
}

// PausePanel stops all syncing of a panel; ResumePanel continues it where it stopped.
func (db *DB) PausePanel(ctx context.Context, v Viewer, id int64) error {
	return db.changePanel(ctx, v, id, ActPausePanel, func(q *bun.UpdateQuery) { q.Set("paused_at = COALESCE(paused_at, ?)", db.now()) })
}

// ResumePanel resumes a paused panel. If its records did not match, they are compared again first.
func (db *DB) ResumePanel(ctx context.Context, v Viewer, id int64) error {
	return db.changePanel(ctx, v, id, ActResumePanel, func(q *bun.UpdateQuery) {
		q.Set("paused_at = NULL").Set("shop_check_words = ''")
		q.Set("shop_check_at = CASE WHEN shop_check_at IS NOT NULL THEN ?::timestamptz END", db.now())
	})
}

// RequestCheck asks the worker to test the connection.
func (db *DB) RequestCheck(ctx context.Context, v Viewer, id int64) error {
	return db.changePanel(ctx, v, id, ActTestPanel, func(q *bun.UpdateQuery) { q.Set("check_requested_at = ?", db.now()) })
}

// RemovePanel hides a panel from everybody immediately; the worker then deletes its rows and finally the panel. typed
// must be the panel's short code, which the person types to confirm.
func (db *DB) RemovePanel(ctx context.Context, v Viewer, id int64, typed string) error {
	return db.Tx(ctx, func(db *DB) error {
		p, err := db.lockPanel(ctx, v, id)
		if err != nil {
			return err
		}
		if !strings.EqualFold(strings.TrimSpace(typed), p.ShortCode) {
			return Invalid{"confirm": "Type " + p.ShortCode + " to remove this panel."}
		}
		p.RemovedAt = db.now()
		p.AdminKeySealed, p.ServicesKeySealed = []byte{}, []byte{}
		_, err = db.idb.NewUpdate().Model(&p).Column("removed_at", "admin_key_sealed", "services_key_sealed").WherePK().Exec(ctx)
		if err != nil {
			return err
		}
		return db.record(ctx, v, p.entry(ActRemovePanel, []Change{{Field: "Name", Old: p.Name}, {Field: "URL", Old: p.URL}}))
	})
}

func (db *DB) changePanel(ctx context.Context, v Viewer, id int64, action Action, set func(*bun.UpdateQuery)) error {
	return db.Tx(ctx, func(db *DB) error {
		p, err := db.lockPanel(ctx, v, id)
		if err != nil {
			return err
		}
		query := db.idb.NewUpdate().Model((*Panel)(nil)).Where("id = ?", id)
		set(query)
		if _, err := query.Exec(ctx); err != nil {
			return err
		}
		return db.record(ctx, v, p.entry(action, nil))
	})
}

// ManagedPanel returns a panel with its settings for viewers with PermManage.
func (db *DB) ManagedPanel(ctx context.Context, v Viewer, id int64) (Panel, error) {
	return db.managedPanel(ctx, v, id)
}

// lockPanel is ManagedPanel with a row lock, inside a transaction. Another change, or the rotation of its keys, waits
// until this change is stored and then starts from it.
func (db *DB) lockPanel(ctx context.Context, v Viewer, id int64) (Panel, error) {
	return db.managedPanel(ctx, v, id, func(q *bun.SelectQuery) { q.For("UPDATE") })
}

func (db *DB) managedPanel(ctx context.Context, v Viewer, id int64, more ...func(*bun.SelectQuery)) (Panel, error) {
	if !v.Can(PermManage) {
		return Panel{}, ErrNotAllowed
	}
	var p Panel
	query := db.idb.NewSelect().Model(&p).Where("id = ? AND removed_at IS NULL", id).
		Where("id = ANY(?::bigint[])", bigints(v.PanelIDs()))
	for _, add := range more {
		add(query)
	}
	return p, notFound(query.Scan(ctx))
}

// ManagedPanels returns all of the viewer's panels with their settings, by name.
func (db *DB) ManagedPanels(ctx context.Context, v Viewer) ([]Panel, error) {
	if !v.Can(PermManage) {
		return nil, ErrNotAllowed
	}
	var panels []Panel
	err := db.idb.NewSelect().Model(&panels).Where("removed_at IS NULL").
		Where("id = ANY(?::bigint[])", bigints(v.PanelIDs())).OrderExpr("lower(name), id").Scan(ctx)
	return panels, err
}

// SetCheck stores the result of a connection test. asked is the time of the request that it answers: after a newer
// request the panel still counts as being checked.
func (db *DB) SetCheck(ctx context.Context, id int64, asked time.Time, lines []CheckLine) error {
	text, err := json.Marshal(lines)
	if err != nil {
		return err
	}
	_, err = db.idb.NewUpdate().Model((*Panel)(nil)).Set("checked_at = ?", asked).
		Set("check_lines = ?::jsonb", string(text)).Where("id = ?", id).Exec(ctx)
	return err
}

// PanelsToCheck returns the panels with a pending connection test.
func (db *DB) PanelsToCheck(ctx context.Context) ([]int64, error) {
	var ids []int64
	err := db.idb.NewSelect().Model((*Panel)(nil)).Column("id").Where("removed_at IS NULL").
		Where("check_requested_at > COALESCE(checked_at, '-infinity')").Scan(ctx, &ids)
	return ids, err
}
