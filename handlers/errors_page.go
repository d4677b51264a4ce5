package handlers

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// problemInside is a problem with the navigation around it, for who is logged in.
type problemInside struct {
	Shell   shell
	Problem problem
}

// problemPage shows a problem as a page. Who is logged in finds on from it; when that cannot be made, because the database
// is the problem, the page stands alone.
func (a *app) problemPage(c *fiber.Ctx, p problem) error {
	if a.isInside(c, p) {
		if s, err := a.shell(c, p.Title, ""); err == nil {
			return a.render(c, "errors/inside", problemInside{Shell: s, Problem: p})
		}
	}
	p.Head = a.head(p.Title, themeOf(c))
	return a.render(c, "errors/page", p)
}

// isInside tells whether somebody is logged in to whom a page of ours may be shown. At an address that leads nowhere
// nobody has asked yet who it is.
func (a *app) isInside(c *fiber.Ctx, p problem) bool {
	if p.Status != fiber.StatusNotFound && p.Status != fiber.StatusForbidden {
		return false
	}
	if viewer(c).StaffID == 0 {
		v, err := a.viewerOf(c.UserContext(), c.Cookies(a.cookieName(c)), false, sessionAge)
		if err != nil {
			return false
		}
		c.Locals(viewerKey{}, v)
	}
	return duty(viewer(c), c.Path()) == ""
}

// whomToAsk says who can help somebody who is not allowed something.
func (a *app) whomToAsk(ctx context.Context, err error, words string) string {
	if !errors.Is(err, models.ErrNotAllowed) {
		return words
	}
	names, err := a.DB.OwnerNames(ctx)
	if err != nil || len(names) == 0 {
		return words
	}
	if len(names) == 1 {
		return "You do not have the permission for this. Ask " + names[0] + ", the owner here."
	}
	last := len(names) - 1
	return "You do not have the permission for this. Ask " + strings.Join(names[:last], ", ") + " or " + names[last] + ", the owners here."
}
