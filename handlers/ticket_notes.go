package handlers

import (
	"context"
	"time"

	"masterpanel/jobs"
	"masterpanel/models"
)

// ticketNote is an internal note that only staff can read.
type ticketNote struct {
	at             time.Time
	Username, Body string
	At             stamp
}

// mention is a note that mentions the viewer and that they have not seen.
type mention struct {
	Panel          models.PanelRef
	URL            string
	ID             int64
	Username, Body string
	At             stamp
}

// ticketNotes reads the notes on a ticket. This marks mentions of the viewer as seen.
func (a *app) ticketNotes(ctx context.Context, v models.Viewer, key models.Key) ([]ticketNote, error) {
	notes, err := a.DB.TicketNotes(ctx, v, key)
	if err != nil || len(notes) == 0 {
		return nil, err
	}
	seen, err := a.DB.SeeMentions(ctx, v, key)
	if err != nil {
		return nil, err
	}
	if seen {
		a.announce(ctx, jobs.ResourceVersion(key.PanelID, models.Tickets)) // the viewer's badge now counts one less
	}
	shown := make([]ticketNote, len(notes))
	for i, n := range notes {
		shown[i] = ticketNote{n.CreatedAt, n.Username, n.Body, newStamp(n.CreatedAt, a.Now(), v.Zone)}
	}
	return shown, nil
}

func (a *app) addTicketNote(ctx context.Context, db *models.DB, v models.Viewer, key models.Key, form deskForm) error {
	return db.AddTicketNote(ctx, v, key, form.Body)
}

// mentions returns the viewer's unseen mentions in notes.
func (a *app) mentions(ctx context.Context, v models.Viewer) ([]mention, error) {
	notes, err := a.DB.Mentions(ctx, v)
	shown := make([]mention, len(notes))
	for i, n := range notes {
		panel, _ := v.Panel(n.PanelID)
		shown[i] = mention{panel, pathOf("tickets", n.Key()), n.TicketID, n.Username, n.Body, newStamp(n.CreatedAt, a.Now(), v.Zone)}
	}
	return shown, err
}
