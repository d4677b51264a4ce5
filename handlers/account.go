package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// accountPage is the page My account, on which a staff member changes their own settings.
type accountPage struct {
	Shell                 shell
	Saved                 string
	TimeZone              field
	Zones                 []string
	Themes                []choice
	Alerts                alertsForm
	OldPassword, Password field
	TwoFactor             twoFactorCard
	Sessions              []sessionRow
	Others                bool // the staff member has other open sessions to end
}

// twoFactorCard is the state of two-factor authentication. Low is true when few recovery codes are left.
type twoFactorCard struct {
	On, Required, Low bool
	Words             string
}

// sessionRow is one open session of the staff member.
type sessionRow struct {
	Device, Address, EndURL string
	Started, Used           stamp
	Current                 bool
}

// commonZones lists the time zones that the input suggests. The server accepts any name of the time zone database.
var commonZones = []string{
	"UTC", "Africa/Cairo", "Africa/Lagos", "America/Bogota", "America/Chicago", "America/Los_Angeles", "America/Mexico_City",
	"America/New_York", "America/Sao_Paulo", "Asia/Dhaka", "Asia/Dubai", "Asia/Jakarta", "Asia/Karachi", "Asia/Kolkata",
	"Asia/Manila", "Asia/Riyadh", "Asia/Shanghai", "Asia/Singapore", "Asia/Tashkent", "Asia/Tokyo", "Australia/Sydney",
	"Europe/Amsterdam", "Europe/Berlin", "Europe/Istanbul", "Europe/Kyiv", "Europe/London", "Europe/Madrid", "Europe/Moscow",
	"Europe/Paris", "Europe/Rome", "Europe/Warsaw",
}

// savedWords maps the "saved" parameter of the address to the message that the page shows after a change.
var savedWords = map[string]string{
	"password":    "The password is changed and your other sessions have ended.",
	"preferences": "Saved.",
	"session":     "The session has ended.",
	"sessions":    "All your other sessions have ended.",
	"two-factor":  "Two-factor authentication is off.",
}

func (a *app) account(c *fiber.Ctx) error {
	return a.accountPage(c, accountPage{Saved: savedWords[c.Query("saved")]})
}

func (a *app) accountPage(c *fiber.Ctx, p accountPage) error {
	v := viewer(c)
	var err error
	if p.Shell, err = a.shell(c, "My account", "account"); err != nil {
		return err
	}
	if p.TwoFactor, err = a.twoFactorCard(c, v); err != nil {
		return err
	}
	sessions, err := a.DB.Sessions(c.UserContext(), v)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, sessionRow{Device: s.Device, Address: s.Address, EndURL: "/account/sessions/" + pathID(s.ID) + "/end",
			Started: newStamp(s.StartedAt, a.Now(), v.Zone), Used: newStamp(s.LastUsedAt, a.Now(), v.Zone), Current: s.IsThisBrowser})
	}
	p.Others = len(sessions) > 1
	p.Zones, p.Themes, p.Alerts = commonZones, themes(v.Theme), newAlertsForm(v)
	if p.TimeZone.Value == "" && p.TimeZone.Error == "" {
		p.TimeZone.Value = v.Zone.String()
	}
	return a.render(c, "account/page", p)
}

func (a *app) endSession(c *fiber.Ctx) error {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil {
		return models.ErrNotFound
	}
	if err := a.DB.EndSession(c.UserContext(), viewer(c), id); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/account?saved=session")
}

func (a *app) endOtherSessions(c *fiber.Ctx) error {
	if err := a.DB.EndOtherSessions(c.UserContext(), viewer(c)); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/account?saved=sessions")
}

func (a *app) setTimeZone(c *fiber.Ctx) error {
	var form struct {
		TimeZone string `form:"time_zone"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	p := preferencesOf(viewer(c))
	p.TimeZone = form.TimeZone
	err := a.setPreferences(c, p)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.accountPage(c, accountPage{TimeZone: field{form.TimeZone, problems["time_zone"]}})
	}
	if err != nil {
		return err
	}
	return back(c, "/account?saved=preferences")
}
