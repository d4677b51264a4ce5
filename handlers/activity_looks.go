package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// lookAgain is how long the same search, or the same customer's page, of the same person is one look.
const lookAgain = 10 * time.Minute

// personal are the lists whose search tells of the panels' customers.
var personal = []models.Resource{models.Orders, models.Tickets, models.Users, models.Payments}

// noteSearch puts a person's search into the activity log: once, and not each page of it or each time that it refreshes
// itself.
func (a *app) noteSearch(c *fiber.Ctx, l listing) error {
	if l.query.Text == "" || !slices.Contains(personal, l.def.Resource) || !a.newLook(c, "search "+l.def.Noun+" "+l.query.Text) {
		return nil
	}
	return a.DB.RecordSearch(c.UserContext(), l.viewer, l.def, l.query)
}

// noteOpen puts it into the activity log that a person opened a customer's page.
func (a *app) noteOpen(c *fiber.Ctx, u models.User) error {
	if !a.newLook(c, pathOf("users", u.Key)) {
		return nil
	}
	return a.DB.RecordOpen(c.UserContext(), viewer(c), u)
}

// noteBeside puts it into the activity log that a person saw a customer beside a ticket.
func (a *app) noteBeside(c *fiber.Ctx, u models.User, ticket models.Key) error {
	if !a.newLook(c, pathOf("tickets", ticket)+"/context") {
		return nil
	}
	return a.DB.RecordOpenBeside(c.UserContext(), viewer(c), u, ticket.ID)
}

// newLook tells whether a look is to be put into the log. A page that refreshes itself shows what its person opened before;
// where that was not seen it is a look like any other, because it is the browser that says that it refreshes, and its
// owner can have it say so.
func (a *app) newLook(c *fiber.Ctx, what string) bool {
	sum := sha256.Sum256([]byte(pathID(viewer(c).StaffID) + " " + what))
	key := base64.RawStdEncoding.EncodeToString(sum[:12])
	opened := !a.opened.due(key, a.Now())
	return !(isPoll(c) && opened) && a.looks.due(key, a.Now())
}

// noteDenied puts it into the activity log that a staff member asked for what their rights do not permit. The address
// comes without its query, which may hold what they searched for.
func (a *app) noteDenied(c *fiber.Ctx, err error) {
	request := c.Method() + " " + c.Path()
	if !errors.Is(err, models.ErrNotAllowed) || viewer(c).StaffID == 0 || !a.newLook(c, request) {
		return
	}
	if err := a.DB.RecordDenied(c.UserContext(), viewer(c), request); err != nil {
		a.Log.Error("a refused request is not in the activity log", "request", requestID(c), "error", err)
	}
}
