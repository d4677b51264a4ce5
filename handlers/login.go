package handlers

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

type loginPage struct {
	Head                    head
	Username, Next, Problem string
}

func (a *app) loginForm(c *fiber.Ctx) error {
	next := localPath(c.Query("next"))
	if _, err := a.viewerOf(c.UserContext(), c.Cookies(a.cookieName(c)), false, sessionAge); err == nil {
		return back(c, next)
	}
	return a.render(c, "login/page", loginPage{Head: a.head("Log in", "system"), Next: next})
}

func (a *app) logIn(c *fiber.Ctx) error {
	var form struct {
		Username string `form:"username"`
		Password string `form:"password"`
		Next     string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	next := localPath(form.Next)
	token, err := a.DB.LogIn(c.UserContext(), form.Username, form.Password, a.clientIP(c).String(), c.Get(fiber.HeaderUserAgent))
	var throttled models.Throttled
	switch {
	case errors.As(err, &throttled):
		err = fmt.Errorf("too many failed logins; try again in %s", a.slowDown(c, throttled))
	case errors.Is(err, models.ErrLogin):
		c.Status(fiber.StatusUnprocessableEntity)
	case err != nil:
		return err
	default:
		a.setCookie(c, token)
		return back(c, next)
	}
	return a.render(c, "login/page", loginPage{Head: a.head("Log in", "system"), Username: form.Username, Next: next, Problem: sentence(err.Error())})
}

// slowDown makes the answer a 429 and returns how long to wait.
func (a *app) slowDown(c *fiber.Ctx, t models.Throttled) time.Duration {
	wait := max(t.Until.Sub(a.Now()), time.Second).Round(time.Second)
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait.Seconds())))
	c.Status(fiber.StatusTooManyRequests)
	return wait
}

func (a *app) logOut(c *fiber.Ctx) error {
	if token := c.Cookies(a.cookieName(c)); token != "" {
		if err := a.DB.LogOut(c.UserContext(), token); err != nil {
			return err
		}
		a.sessions.drop(token)
		a.changed(c, jobs.StaffVersion)
	}
	a.setCookie(c, "")
	return back(c, "/login")
}
