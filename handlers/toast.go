package handlers

import (
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// toast names an act of the viewer at the ticket desk, and has a button that undoes it. Next is the page to which a plain
// browser returns after that.
type toast struct {
	ID    int64
	Words string
	Undo  bool
	Next  string
}

// toastCookie carries an act over the redirect after its form to the page that shows it.
const toastCookie = "did"

// toastSeconds is how long the cookie lives: a redirect takes no longer.
const toastSeconds = 60

// did lets the next page show an act; the zero value is none.
func (a *app) did(c *fiber.Ctx, u models.DeskUndo) {
	if u.ID == 0 {
		return
	}
	c.Cookie(&fiber.Cookie{Name: toastCookie, Value: strconv.FormatInt(u.ID, 10), Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
		Secure: a.secure(c), MaxAge: toastSeconds})
}

func newToast(u models.DeskUndo, next string) toast {
	return toast{ID: u.ID, Words: u.Words, Undo: u.UndoneAt.IsZero(), Next: next}
}

// toast is the last act of the viewer that no page has shown, the zero value for none. A poll leaves it to the page that a
// person waits for.
func (a *app) toast(c *fiber.Ctx) (toast, error) {
	id, err := strconv.ParseInt(c.Cookies(toastCookie), 10, 64)
	if err != nil || isPoll(c) {
		return toast{}, nil
	}
	c.Cookie(&fiber.Cookie{Name: toastCookie, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: a.secure(c), MaxAge: -1})
	u, err := a.DB.DeskUndo(c.UserContext(), viewer(c), id)
	if errors.Is(err, models.ErrNotFound) {
		return toast{}, nil
	}
	if err != nil {
		return toast{}, err
	}
	return newToast(u, localPath(c.OriginalURL())), nil
}

// undo takes an act back.
func (a *app) undo(c *fiber.Ctx) error {
	var form struct {
		Undo int64  `form:"undo"`
		Next string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if !viewer(c).MayWorkTickets() {
		return models.ErrNotAllowed
	}
	u, err := a.DB.UndoDesk(c.UserContext(), viewer(c), form.Undo)
	if err != nil {
		return err
	}
	var keys []string
	for _, change := range u.Tickets {
		keys = append(keys, jobs.ResourceVersion(change.After.PanelID, models.Tickets))
	}
	a.changed(c, keys...)
	if isHTMX(c) {
		return a.render(c, "shell/toast", newToast(u, ""))
	}
	a.did(c, u)
	return back(c, localPath(form.Next))
}
