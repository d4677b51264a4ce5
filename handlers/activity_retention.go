package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// activityDays is the form for the retention of the activity log in days. Change is true for the owner; others only
// read it.
type activityDays struct {
	Days   field
	Change bool
}

func (a *app) activityDays(c *fiber.Ctx, v models.Viewer) (activityDays, error) {
	days, err := a.DB.ActivityDays(c.UserContext(), v)
	shown := activityDays{Change: v.Role == models.RoleOwner}
	if days != nil {
		shown.Days.Value = strconv.Itoa(*days)
	}
	return shown, err
}

func (a *app) setActivityDays(c *fiber.Ctx) error {
	var form struct {
		Days string `form:"activity_days"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	var days *int
	if strings.TrimSpace(form.Days) != "" {
		n := numbers.read("activity_days", form.Days)
		days = &n
	}
	err := a.DB.SetActivityDays(c.UserContext(), viewer(c), days)
	problems, wrong := numbers.with(err)
	if !wrong {
		return a.syncSaved(c, "saved", err)
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return a.syncPage(c, syncForms{activity: &activityDays{Days: field{form.Days, problems["activity_days"]}, Change: true}})
}
