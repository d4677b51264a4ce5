package handlers

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// invitePage is the page on which an invited person sets their password. Username is "" when the link is invalid.
type invitePage struct {
	Head             head
	Action, Username string
	Password         field
}

// inviteMember creates a new one-time link for a staff member and shows it once.
func (a *app) inviteMember(c *fiber.Ctx) error {
	id, err := memberID(c)
	if err != nil {
		return err
	}
	m, err := a.DB.Member(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	return a.showInvitation(c, id, m.Username)
}

// showInvitation creates a link and shows it above the staff table. No other response contains it, and it is not
// stored.
func (a *app) showInvitation(c *fiber.Ctx, id int64, username string) error {
	v := viewer(c)
	token, until, err := a.DB.Invite(c.UserContext(), v, id)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.memberPage(c, nil, problems)
	}
	if err != nil {
		return err
	}
	link := inviteLink{Username: username, URL: a.absolute(c, "/invite/"+token), Until: newStamp(until, a.Now(), v.Zone)}
	link.Until.Relative = false // the time is in the future, so "minutes ago" makes no sense
	return a.staffPage(c, staffPage{Link: &link})
}

// absolute returns a path as a full URL that can be sent to another person.
func (a *app) absolute(c *fiber.Ctx, path string) string {
	if a.PublicURL != nil {
		return a.PublicURL.JoinPath(path).String() // #nosec G125 -- paths of our own
	}
	at := url.URL{Scheme: "http", Host: string(c.Request().Header.Host()), Path: path}
	if a.secure(c) {
		at.Scheme = "https"
	}
	return at.String()
}

func (a *app) invitation(c *fiber.Ctx) error {
	s, err := a.DB.Invited(c.UserContext(), c.Params("token"))
	return a.invitePage(c, s.Username, "", err)
}

// acceptInvitation sets the password and redirects to the login page.
func (a *app) acceptInvitation(c *fiber.Ctx) error {
	var form struct {
		Password string `form:"password"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	_, err := a.DB.AcceptInvitation(c.UserContext(), c.Params("token"), form.Password, a.origin(c))
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		s, err := a.DB.Invited(c.UserContext(), c.Params("token"))
		return a.invitePage(c, s.Username, problems["password"], err)
	}
	if err != nil {
		return a.invitePage(c, "", "", err)
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/login")
}

// invitePage shows the password form, or a message that the link is invalid.
func (a *app) invitePage(c *fiber.Ctx, username, problem string, err error) error {
	switch {
	case errors.Is(err, models.ErrNotFound):
		c.Status(fiber.StatusNotFound)
	case err != nil:
		return err
	}
	return a.render(c, "invite/page", invitePage{Head: a.head("Set your password", "system"), Action: c.Path(), Username: username,
		Password: field{Error: problem}})
}

// loggedPath returns a request's path for the log, without the secret token of an invitation.
func loggedPath(c *fiber.Ctx) string {
	if strings.HasPrefix(c.Path(), "/invite/") {
		return "/invite/…"
	}
	return c.Path()
}
