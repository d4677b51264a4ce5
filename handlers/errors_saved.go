package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// retryAfter is the Retry-After header in seconds while the database is unreachable.
const retryAfter = "5"

// withSaved adds to an error message whether anything of the form was saved, and the next step. It skips login and logout,
// because they save nothing that a person would look for.
func withSaved(c *fiber.Ctx, p problem, err error) string {
	again := ""
	if models.Unavailable(err) {
		again = "Try again in a few seconds."
	}
	isForm := c.Method() == fiber.MethodPost && !strings.HasPrefix(c.Path(), "/login") && c.Path() != "/logout"
	switch saved := models.SavedUnder(c.UserContext()); {
	case !isForm:
		return sentences(p.Words, again)
	case saved == models.SavedNothing:
		return sentences(p.Words, "Nothing was saved.", again)
	case c.FormValue("key") != "":
		return sentences(p.Words, "It may have been saved.", "Send the same form again: its key prevents a second action. If it was saved, the outbox shows it.")
	}
	return sentences(p.Words, "It may have been saved.", "Open the page again and check it before you send the form a second time.")
}

func sentences(words ...string) string {
	return strings.TrimSpace(strings.Join(words, " "))
}
