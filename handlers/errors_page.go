package handlers

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// problemInside is an error page with the navigation around it, for logged-in staff.
type problemInside struct {
	Shell   shell
	Problem problem
}

// problemPage renders an error page. Logged-in staff get it with the navigation. If the navigation cannot be built, for
// example because the database fails, the page has none.
func (a *app) problemPage(c *fiber.Ctx, p problem) error {
	if a.isInside(c, p) {
		if s, err := a.shell(c, p.Title, ""); err == nil {
			return a.render(c, "errors/inside", problemInside{Shell: s, Problem: p})
		}
	}
	p.Head = a.head(p.Title, themeOf(c))
	return a.render(c, "errors/page", p)
}

// isInside reports whether the error page may include the navigation: the viewer is logged in and may see our pages.
// For an unknown address no middleware has read the session yet, so isInside reads it.
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

// whomToAsk adds to a "not allowed" message the names of the owners who can help.
func (a *app) whomToAsk(ctx context.Context, err error, words string) string {
	if !errors.Is(err, models.ErrNotAllowed) {
		return words
	}
	names, err := a.DB.OwnerNames(ctx)
	if err != nil || len(names) == 0 {
		return words
	}
	if len(names) == 1 {
		return "You do not have permission for this. Ask " + names[0] + ", the owner here."
	}
	last := len(names) - 1
	return "You do not have permission for this. Ask " + strings.Join(names[:last], ", ") + " or " + names[last] + ", the owners here."
}
