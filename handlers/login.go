package handlers

import (
	"errors"
	"net/url"
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

// codePage asks for the second factor after a correct password.
type codePage struct {
	Head          head
	Next, Problem string
}

func (a *app) loginForm(c *fiber.Ctx) error {
	next := localPath(c.Query("next"))
	switch _, err := a.viewerOf(c.UserContext(), c.Cookies(a.cookieName(c)), false, sessionAge); {
	case err == nil:
		return back(c, next)
	case !errors.Is(err, errLoggedOut):
		return err
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
	in, err := a.DB.LogIn(c.UserContext(), form.Username, form.Password, a.loginOrigin(c))
	if err == nil {
		a.admitted(c, in)
		if in.AwaitsCode {
			next = "/login/code?next=" + url.QueryEscape(next)
		}
		return back(c, next)
	}
	problem, err := a.refusal(c, err, "Wrong username or password.")
	if err != nil {
		return err
	}
	return a.render(c, "login/page", loginPage{Head: a.head("Log in", "system"), Username: form.Username, Next: next, Problem: problem})
}

func (a *app) codeForm(c *fiber.Ctx) error {
	awaits, err := a.DB.AwaitsCode(c.UserContext(), c.Cookies(a.cookieName(c)))
	if err != nil {
		return err
	}
	if next := localPath(c.Query("next")); awaits {
		return a.render(c, "login/code", codePage{Head: a.head("Log in", "system"), Next: next})
	}
	return back(c, "/login")
}

func (a *app) logInCode(c *fiber.Ctx) error {
	var form struct {
		Code string `form:"code"`
		Next string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	next := localPath(form.Next)
	in, err := a.DB.LogInCode(c.UserContext(), c.Cookies(a.cookieName(c)), form.Code, a.loginOrigin(c))
	switch {
	case err == nil:
		a.admitted(c, in)
		return back(c, next)
	case errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrLogin):
		return back(c, "/login?next="+url.QueryEscape(next)) // the login expired, or the account changed in the meantime
	}
	problem, err := a.refusal(c, err, wrongCode)
	if err != nil {
		return err
	}
	return a.render(c, "login/code", codePage{Head: a.head("Log in", "system"), Next: next, Problem: problem})
}

const wrongCode = "This code is wrong or was used before. Enter the code that the app shows now."

// refusal sets the status for a wrong password or code and returns the message for it. It returns any other error
// unchanged.
func (a *app) refusal(c *fiber.Ctx, err error, wrong string) (string, error) {
	var throttled models.Throttled
	_, invalid := fieldErrors(err)
	switch {
	case errors.As(err, &throttled):
		return "Too many failed attempts. Try again in " + a.slowDown(c, throttled) + ".", nil
	case invalid, errors.Is(err, models.ErrLogin), errors.Is(err, models.ErrCode):
		c.Status(fiber.StatusUnprocessableEntity)
		return wrong, nil
	}
	return "", err
}

// slowDown sets the status 429 and returns the wait in words.
func (a *app) slowDown(c *fiber.Ctx, t models.Throttled) string {
	wait := max(t.Until.Sub(a.Now()), time.Second).Round(time.Second)
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait.Seconds())))
	c.Status(fiber.StatusTooManyRequests)
	return waitWords(wait)
}

// waitWords formats a wait: in seconds below two minutes, then in minutes, rounded up.
func waitWords(wait time.Duration) string {
	if wait < 2*time.Minute {
		return plural(int(wait.Seconds()), "second", "seconds")
	}
	return plural(int((wait+time.Minute-1)/time.Minute), "minute", "minutes")
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
	c.Set("Clear-Site-Data", `"cache", "storage"`) // drafts and cached pages must not stay on a shared computer
	return back(c, "/login")
}
