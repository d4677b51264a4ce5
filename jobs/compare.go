package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// comparePages and compareRows limit how far down a list the search for mirrored records goes: 20 pages of 100 rows.
// A panel that was paused for a long time has many records that the mirror lacks.
const (
	comparePages = 20
	compareRows  = 100
)

// comparePanel compares a panel's newest records with the mirror after its address or admin key changed, before any
// other job reads from the panel or writes to it. If the records belong to another shop, it pauses the panel.
func (w *Worker) comparePanel(ctx context.Context, t target) error {
	err := w.DB.ClaimCompare(ctx, t.PanelID, leaseFor)
	if errors.Is(err, models.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claiming a comparison: %w", err)
	}
	client, access, err := w.client(ctx, t.PanelID)
	var found []comparison
	if err == nil {
		found, err = w.compareAll(ctx, client, access.ID)
	}
	if ctx.Err() != nil {
		return ctx.Err() // the worker is stopping: another one compares after the claim expires
	}
	err = w.compared(ctx, access, found, err)
	w.bump(ctx, PanelsVersion, SyncVersion, OutboxVersion(t.PanelID))
	return err
}

// compared stores the result of a comparison.
func (w *Worker) compared(ctx context.Context, access models.PanelAccess, found []comparison, ended error) error {
	var refused *panel.Error
	switch {
	case refusesAdminKey(ended):
		return w.noteRefusedKey(ctx, access, ended)
	case errors.As(ended, &refused):
		return w.DB.CompareLater(ctx, access, w.Now().Add(downBackoff.after(2, w.Random())), full(refused.Sentence()))
	case ended != nil:
		return fmt.Errorf("comparing panel %d with the mirror: %w", access.ID, ended)
	}
	if words := differences(found); words != "" {
		w.Log.Warn("sync: records differ from the mirror, panel paused", "panel", access.ID, "found", words)
		return w.DB.ShopDiffers(ctx, access, words)
	}
	return w.DB.ShopMatches(ctx, access)
}

// comparison counts how many of a resource's newest records are in the mirror (shared), and how many of them disagree
// with it (differ).
type comparison struct {
	resource       models.Resource
	mirrored       bool // the mirror has records of this resource
	shared, differ int
}

func (w *Worker) compareAll(ctx context.Context, client *panel.Client, panelID int64) (found []comparison, err error) {
	unreadable := 0
	for _, r := range models.ShopResources {
		one, err := w.compareOne(ctx, client, panelID, r)
		switch {
		case forbids(err), errors.Is(err, panel.ErrRefused), errors.Is(err, panel.ErrGone), errors.Is(err, panel.ErrShape):
			if unreadable++; unreadable == len(models.ShopResources) {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			found = append(found, one)
		}
	}
	return found, nil
}

// compareOne reads a list from its newest record down to the first page with a record that the mirror has.
func (w *Worker) compareOne(ctx context.Context, client *panel.Client, panelID int64, r models.Resource) (c comparison, err error) {
	c.resource = r
	for offset := 0; offset < comparePages*compareRows; {
		var page shopPage
		caller := Caller{PanelID: panelID, Lane: LaneStaff, Name: "compare", Patient: true}
		err := w.call(ctx, caller, func(ctx context.Context) (err error) {
			page, err = readShopPage(ctx, client, r, offset)
			return err
		})
		if err != nil {
			return c, err
		}
		ids := make([]int64, len(page.records))
		for i, record := range page.records {
			ids[i] = record.ID
		}
		held, any, err := w.DB.ShopRecords(ctx, panelID, r, ids)
		if err != nil {
			return c, err
		}
		c.mirrored = any
		for _, record := range page.records {
			if mine, there := held[record.ID]; there {
				c.shared++
				if !record.Agrees(mine) {
					c.differ++
				}
			}
		}
		if offset += page.rows; !any || c.shared > 0 || !page.more || page.rows == 0 {
			break
		}
	}
	return c, nil
}

// differences explains why the records belong to another shop, or returns "" if they are this panel's. One record in
// ten may differ, because the shop's staff may have changed it in the meantime.
func differences(found []comparison) string {
	var words []string
	shared, mirrored := 0, false
	for _, c := range found {
		shared, mirrored = shared+c.shared, mirrored || c.mirrored
		if c.differ*10 > c.shared {
			words = append(words, fmt.Sprintf("%d of %d %s", c.differ, c.shared, c.resource))
		}
	}
	switch {
	case len(words) > 0:
		return "The records at this address are not from this panel: " + strings.Join(words, " and ") + " differ."
	case mirrored && shared == 0:
		return "The records at this address are not from this panel: the mirror has none of the newest ones."
	}
	return ""
}

// shopPage is a page of a list, reduced to the fields that identify a shop.
type shopPage struct {
	records []models.ShopRecord
	rows    int
	more    bool
}

func readShopPage(ctx context.Context, client *panel.Client, r models.Resource, offset int) (shopPage, error) {
	switch r {
	case models.Orders:
		p, err := client.Orders(ctx, panel.OrderQuery{Limit: compareRows, Offset: offset})
		return shopPageOf(p, func(o panel.Order) models.ShopRecord {
			what := ""
			if o.Quantity != nil {
				what = strconv.FormatInt(o.ServiceID, 10) + " " + strconv.FormatInt(*o.Quantity, 10)
			}
			return models.ShopRecord{ID: o.ID, CreatedAt: o.Created, Who: o.User, What: what}
		}), err
	case models.Payments:
		p, err := client.Payments(ctx, panel.PaymentQuery{Limit: compareRows, Offset: offset})
		return shopPageOf(p, func(o panel.Payment) models.ShopRecord {
			return models.ShopRecord{ID: o.ID, CreatedAt: o.Created, Who: o.Username, What: o.Memo}
		}), err
	case models.Users:
		p, err := client.Users(ctx, panel.UserQuery{Limit: compareRows, Offset: offset})
		return shopPageOf(p, func(o panel.User) models.ShopRecord {
			return models.ShopRecord{ID: o.ID, CreatedAt: o.Created, Who: o.Username, What: o.Email}
		}), err
	}
	p, err := client.Tickets(ctx, panel.TicketQuery{Limit: compareRows, Offset: offset})
	return shopPageOf(p, func(o panel.Ticket) models.ShopRecord {
		return models.ShopRecord{ID: o.ID, CreatedAt: o.Created, Who: o.Username, What: o.Subject}
	}), err
}

func shopPageOf[T any](p panel.Page[T], record func(T) models.ShopRecord) shopPage {
	items, _ := p.All()
	page := shopPage{rows: len(p.Records), more: p.More}
	for _, item := range items {
		page.records = append(page.records, record(item))
	}
	return page
}

// provenClient is like client, but returns a *noTurnError until the panel's records have been verified as its own.
func (w *Worker) provenClient(ctx context.Context, panelID int64) (*panel.Client, models.PanelAccess, error) {
	client, access, err := w.client(ctx, panelID)
	if err == nil && access.Unproven {
		err = &noTurnError{time.Second}
	}
	return client, access, err
}
