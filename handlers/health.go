package handlers

import (
	"context"

	"github.com/gofiber/fiber/v2"
)

// alive responds as long as the process runs.
func (a *app) alive(c *fiber.Ctx) error { return c.SendString("ok\n") }

// ready reports whether the process can serve requests: it checks the database, its schema and Redis. The reason of a
// failure goes to the log, because it may contain internal addresses. A setting that an
// operator should change adds a warning line, and the process stays ready. A process that was told to stop is not ready, although it still serves.
func (a *app) ready(c *fiber.Ctx) error {
	if isClosed(a.Draining) {
		return c.Status(fiber.StatusServiceUnavailable).SendString("the process is stopping\n")
	}
	for _, check := range []struct {
		name string
		run  func(context.Context) error
	}{{"database", a.DB.Ping}, {"schema", a.DB.CheckSchema}, {"redis", a.PingQueue}} {
		if err := check.run(c.UserContext()); err != nil {
			a.Log.Warn("health: not ready", "check", check.name, "error", err)
			return c.Status(fiber.StatusServiceUnavailable).SendString(check.name + " is not ready\n")
		}
	}
	body := "ready\n"
	for _, warning := range a.warnings(c) {
		body += "warning: " + warning + "\n"
	}
	return c.SendString(body)
}
