package handlers

import (
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// toast names the viewer's last action at the ticket desk and has an Undo button. Next is the page to which a browser
// without scripts returns afterwards.
type toast struct {
	ID    int64
	Words string
	Undo  bool
	Next  string
}

// toastCookie carries the ID of an action across the redirect to the page that shows it.
const toastCookie = "did"

// toastSeconds is the lifetime of the cookie; a redirect never takes longer.
const toastSeconds = 60

// did makes the next page show an action. The zero value means none.
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

// toast returns the viewer's last action if no page has shown it, otherwise the zero value. A poll does not take it,
// because the page that the person is waiting for must show it.
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

// undo reverts an action.
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
