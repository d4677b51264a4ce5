package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// probe is one step of a connection test: its label and its call.
type probe struct {
	what string
	ask  func(context.Context, *panel.Client) error
}

// adminProbes returns the probes of the admin key; each reads one row of a list. They never use the "pull" endpoints,
// because those change orders.
func adminProbes() []probe {
	return []probe{
		{"Orders", func(ctx context.Context, c *panel.Client) error {
			_, err := c.Orders(ctx, panel.OrderQuery{Limit: 1})
			return err
		}},
		{"Users", func(ctx context.Context, c *panel.Client) error {
			_, err := c.Users(ctx, panel.UserQuery{Limit: 1})
			return err
		}},
		{"Payments", func(ctx context.Context, c *panel.Client) error {
			_, err := c.Payments(ctx, panel.PaymentQuery{Limit: 1})
			return err
		}},
		{"Tickets", func(ctx context.Context, c *panel.Client) error {
			_, err := c.Tickets(ctx, panel.TicketQuery{Limit: 1})
			return err
		}},
	}
}

// servicesProbe asks for the balance, the smallest answer that the services key gives access to.
var servicesProbe = probe{"Services", func(ctx context.Context, c *panel.Client) error {
	_, err := c.Balance(ctx)
	return err
}}

// checkPanel tests a panel's connection and stores a result in words for each probe. If the panel accepts the admin
// key again, its streams continue. If it refuses the key for every list, they stop until the key works or is
// replaced.
func (w *Worker) checkPanel(ctx context.Context, t target) error {
	client, access, err := w.client(ctx, t.PanelID)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	var bad *panel.Error
	if errors.As(err, &bad) {
		return w.finishCheck(ctx, access, []models.CheckLine{{What: "Address", Words: bad.Sentence()}})
	}
	if err != nil {
		return err
	}
	lines, err := w.checkAdmin(ctx, client, access)
	if err != nil {
		return err
	}
	if access.ServicesKey == "" {
		lines = append(lines, models.CheckLine{What: servicesProbe.what, Words: "No services key is set."})
	} else {
		line, err := w.try(ctx, access.ID, client, servicesProbe)
		var refused *panel.Error
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		lines = append(lines, line)
	}
	return w.finishCheck(ctx, access, lines)
}

func (w *Worker) checkAdmin(ctx context.Context, client *panel.Client, access models.PanelAccess) ([]models.CheckLine, error) {
	var lines []models.CheckLine
	worked, refused := false, 0
	for _, p := range adminProbes() {
		line, err := w.try(ctx, access.ID, client, p)
		var e *panel.Error
		if err != nil && !errors.As(err, &e) {
			return nil, err
		}
		lines = append(lines, line)
		worked = worked || err == nil
		if errors.Is(err, panel.ErrKey) {
			refused++
		}
		if errors.Is(err, panel.ErrDown) {
			break // the other calls would only time out as well
		}
	}
	if worked || refused == len(adminProbes()) {
		tryAt := time.Time{}
		if !worked {
			tryAt = w.Now().Add(keyTriedAgain)
		}
		if _, err := w.markKey(ctx, access, tryAt); err != nil {
			return nil, err
		}
	}
	if worked {
		if err := w.DB.CloseCircuit(ctx, access.ID); err != nil {
			return nil, fmt.Errorf("resuming panel %d: %w", access.ID, err)
		}
	}
	return lines, nil
}

// try makes one call and describes its result in words. It returns the call's error.
func (w *Worker) try(ctx context.Context, panelID int64, client *panel.Client, p probe) (models.CheckLine, error) {
	caller := Caller{PanelID: panelID, Lane: LaneStaff, Name: "check", Patient: true}
	err := w.call(ctx, caller, func(ctx context.Context) error { return p.ask(ctx, client) })
	if err != nil {
		return models.CheckLine{What: p.what, Words: words(err)}, err
	}
	return models.CheckLine{What: p.what, OK: true, Words: "Can be read."}, nil
}

func (w *Worker) finishCheck(ctx context.Context, access models.PanelAccess, lines []models.CheckLine) error {
	if err := ctx.Err(); err != nil {
		return err // the worker is stopping: an aborted test is not a result
	}
	if err := w.DB.SetCheck(ctx, access.ID, access.CheckRequestedAt, lines); err != nil {
		return fmt.Errorf("storing the test of panel %d: %w", access.ID, err)
	}
	w.bump(ctx, PanelsVersion)
	return nil
}
