package handlers

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// outboxDays is the form for how many days finished actions stay in the outbox.
type outboxDays struct{ Days field }

func (a *app) outboxDays(c *fiber.Ctx, v models.Viewer) (shown outboxDays, err error) {
	days, err := a.DB.OutboxDays(c.UserContext(), v)
	if days != nil {
		shown.Days.Value = strconv.Itoa(*days)
	}
	return shown, err
}

func (a *app) setOutboxDays(c *fiber.Ctx) error {
	var form struct {
		Days string `form:"outbox_days"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	numbers := wholeNumbers{}
	var days *int
	if strings.TrimSpace(form.Days) != "" {
		n := numbers.read("outbox_days", form.Days)
		days = &n
	}
	err := a.DB.SetOutboxDays(c.UserContext(), viewer(c), days)
	problems, wrong := numbers.with(err)
	if !wrong {
		return a.syncSaved(c, "saved", err)
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return a.syncPage(c, syncForms{outbox: &outboxDays{Days: field{form.Days, problems["outbox_days"]}}})
}
