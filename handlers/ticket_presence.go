package handlers

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// presenceLine says who else has a ticket open. It is a request of its own; the same request tells others about the
// viewer.
type presenceLine struct {
	URL, Tag string
	Words    string
	Writes   bool
}

// presenceKeys are the versions that change when a person opens a ticket of these panels or starts to write.
func presenceKeys(panelIDs []int64) []string {
	keys := make([]string, len(panelIDs))
	for i, id := range panelIDs {
		keys[i] = jobs.PresenceVersion(id)
	}
	return keys
}

// presenceLine responds to the line's own poll.
func (a *app) presenceLine(c *fiber.Ctx) error {
	d, err := readDetail(c, "tickets")
	if err != nil {
		return err
	}
	line := a.presence(c.UserContext(), d.viewer, d.key)
	if a.unchanged(c, line.Tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return a.render(c, "tickets/presence", line)
}

// presence records that the viewer has the ticket open, and returns who else has. The page does not depend on it: while
// Redis does not respond, the line is empty.
func (a *app) presence(ctx context.Context, v models.Viewer, key models.Key) presenceLine {
	line := presenceLine{URL: pathOf("tickets", key) + "/presence"}
	if err := a.Presence.At(ctx, v, key, false); err != nil {
		a.Log.Warn("presence: cannot record viewer", "error", err)
	}
	on, err := a.Presence.On(ctx, v, []int64{key.PanelID})
	if err != nil {
		a.Log.Warn("presence: cannot read viewers of ticket", "error", err)
	}
	var viewing, writing []string
	for _, p := range on[key.PanelID] {
		switch {
		case p.Ticket != key.ID:
		case p.Writes:
			writing = append(writing, p.Username)
		default:
			viewing = append(viewing, p.Username)
		}
	}
	line.Words, line.Writes = presenceWords(viewing, writing), len(writing) > 0
	line.Tag = a.tag(v, line.URL+"\n"+line.Words)
	return line
}

func presenceWords(viewing, writing []string) string {
	var parts []string
	for _, group := range []struct {
		names []string
		does  string
	}{{writing, "writing"}, {viewing, "viewing"}} {
		switch len(group.names) {
		case 0:
		case 1:
			parts = append(parts, group.names[0]+" is "+group.does)
		default:
			last := len(group.names) - 1
			parts = append(parts, strings.Join(group.names[:last], ", ")+" and "+group.names[last]+" are "+group.does)
		}
	}
	return strings.Join(parts, ", ")
}
