package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// lookAgain is the interval in which repeated views count once: the same person and the same search or customer page.
const lookAgain = 10 * time.Minute

// personal lists the resources whose search shows personal data of the panels' customers.
var personal = []models.Resource{models.Orders, models.Tickets, models.Users, models.Payments}

// noteSearch writes a person's search to the activity log. It writes one entry per search, not one per page or refresh.
func (a *app) noteSearch(c *fiber.Ctx, l listing) error {
	if l.query.Text == "" || !slices.Contains(personal, l.def.Resource) || !a.newLook(c, "search "+l.def.Noun+" "+l.query.Text) {
		return nil
	}
	return a.DB.RecordSearch(c.UserContext(), l.viewer, l.def, l.query)
}

// noteOpen writes an activity entry when a person opens a customer's page.
func (a *app) noteOpen(c *fiber.Ctx, u models.User) error {
	if !a.newLook(c, pathOf("users", u.Key)) {
		return nil
	}
	return a.DB.RecordOpen(c.UserContext(), viewer(c), u)
}

// noteBeside writes an activity entry when a person sees a customer's details beside a ticket.
func (a *app) noteBeside(c *fiber.Ctx, u models.User, ticket models.Key) error {
	if !a.newLook(c, pathOf("tickets", ticket)+"/context") {
		return nil
	}
	return a.DB.RecordOpenBeside(c.UserContext(), viewer(c), u, ticket.ID)
}

// newLook reports whether the activity log needs an entry for this view. A poll of a page that the person opened before
// needs none. A poll of a page that they never opened is logged like any other view: only a request header of the
// browser says that it is a poll, and its owner can send that header with any request.
func (a *app) newLook(c *fiber.Ctx, what string) bool {
	sum := sha256.Sum256([]byte(pathID(viewer(c).StaffID) + " " + what))
	key := base64.RawStdEncoding.EncodeToString(sum[:12])
	opened := !a.opened.due(key, a.Now())
	return !(isPoll(c) && opened) && a.looks.due(key, a.Now())
}

// noteDenied writes an activity entry when a staff member requests something that their rights do not permit. The entry
// has the path without the query, because the query may hold search text.
func (a *app) noteDenied(c *fiber.Ctx, err error) {
	request := c.Method() + " " + c.Path()
	if !errors.Is(err, models.ErrNotAllowed) || viewer(c).StaffID == 0 || !a.newLook(c, request) {
		return
	}
	panelID, _ := strconv.ParseInt(c.Params("panel"), 10, 64)
	panel, _ := viewer(c).Panel(panelID)
	if err := a.DB.RecordDenied(c.UserContext(), viewer(c), panel.ID, request); err != nil {
		a.Log.Error("activity: cannot record refused request", "request", requestID(c), "error", err)
	}
}
