package handlers

import (
	"context"

	"github.com/gofiber/fiber/v2"
)

// alive answers while the process does.
func (a *app) alive(c *fiber.Ctx) error { return c.SendString("ok\n") }

// ready answers whether requests can be served: database, its schema, and Redis. The reason goes to the log, because
// it may name addresses that strangers need not know. A setting that only may lose data is a line of its own, and the
// process stays ready.
func (a *app) ready(c *fiber.Ctx) error {
	for _, check := range []struct {
		name string
		run  func(context.Context) error
	}{{"database", a.DB.Ping}, {"schema", a.DB.CheckSchema}, {"redis", a.PingQueue}} {
		if err := check.run(c.UserContext()); err != nil {
			a.Log.Warn("not ready", "check", check.name, "error", err)
			return c.Status(fiber.StatusServiceUnavailable).SendString(check.name + " is not ready\n")
		}
	}
	if warning := a.RedisWarning(c.UserContext()); warning != "" {
		return c.SendString("ready\nwarning: " + warning + "\n")
	}
	return c.SendString("ready\n")
}
