package handlers

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// confirmPage asks for a password or code again before a critical action. Form is the original form, encrypted.
type confirmPage struct {
	Head                               head
	Action, Form, Next, Cancel, Prompt string
	Problem                            string
}

// recent is the middleware for critical pages. It lets a request through if the staff member confirmed their identity
// by password or code in the last ten minutes, so that an unlocked screen is not enough. Otherwise it responds with a
// small confirm form, which replaces the whole page even if htmx requested a fragment. After a correct answer the
// original request continues. The confirm form carries the original form encrypted, so the browser holds none of its
// secrets and cannot change it.
func (a *app) recent(c *fiber.Ctx) error {
	v := viewer(c)
	if c.Method() != fiber.MethodPost {
		if v.Standing.Recent(a.Now()) {
			return c.Next()
		}
		return a.toConfirm(c)
	}
	var form struct {
		Proof  string `form:"confirm_proof"`
		Sealed string `form:"confirm_form"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if form.Sealed != "" {
		return a.confirmAndGoOn(c, v, form.Proof, form.Sealed)
	}
	if v.Standing.Recent(a.Now()) {
		return c.Next()
	}
	sealed, err := a.DB.SealForm(v, c.OriginalURL(), c.Body())
	if err != nil {
		return err
	}
	c.Status(fiber.StatusForbidden)
	if isHTMX(c) {
		c.Set("HX-Retarget", "body")
		c.Set("HX-Reswap", "innerHTML")
		c.Set("HX-Push-Url", "false")
	}
	return a.confirmPage(c, confirmPage{Action: c.OriginalURL(), Form: sealed, Cancel: referer(c)})
}

func (a *app) confirmAndGoOn(c *fiber.Ctx, v models.Viewer, proof, sealed string) error {
	body, err := a.DB.OpenForm(v, c.OriginalURL(), sealed) // before takeToken: the sealed form is bound to the current token
	if err != nil {
		return errForm
	}
	token, err := a.DB.Confirm(c.UserContext(), v, proof)
	if err != nil {
		return a.notConfirmed(c, err, confirmPage{Action: c.OriginalURL(), Form: sealed, Cancel: "/"})
	}
	if err := a.takeToken(c, token); err != nil {
		return err
	}
	c.Request().SetBody(body)
	c.Request().PostArgs().ParseBytes(body) // PostArgs still holds the parsed confirm form; replace it with the original form
	return c.Next()
}

// toConfirm redirects to the confirm page, which redirects back afterwards. The request is no POST, so the browser can
// safely send it again.
func (a *app) toConfirm(c *fiber.Ctx) error {
	if isHTMX(c) {
		c.Set("HX-Redirect", "/confirm?next="+url.QueryEscape(pathIn(c.Get("HX-Current-URL"))))
		return c.SendStatus(fiber.StatusForbidden)
	}
	return back(c, "/confirm?next="+url.QueryEscape(localPath(c.OriginalURL())))
}

func (a *app) confirmForm(c *fiber.Ctx) error {
	return a.confirmPage(c, confirmPage{Action: "/confirm", Next: localPath(c.Query("next")), Cancel: "/"})
}

func (a *app) confirm(c *fiber.Ctx) error {
	var form struct {
		Proof string `form:"confirm_proof"`
		Next  string `form:"next"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	next := localPath(form.Next)
	token, err := a.DB.Confirm(c.UserContext(), viewer(c), form.Proof)
	if err != nil {
		return a.notConfirmed(c, err, confirmPage{Action: "/confirm", Next: next, Cancel: "/"})
	}
	if err := a.takeToken(c, token); err != nil {
		return err
	}
	if list, isFile := listOfFile(next); isFile {
		c.Set("Refresh", "0; url="+next)
		return a.render(c, "login/download", downloadPage{Head: a.head("Your file", themeOf(c)), File: next, List: list})
	}
	return back(c, next)
}

// downloadPage stays on the screen while a requested file arrives, because a browser that downloads a file shows no new
// page.
type downloadPage struct {
	Head       head
	File, List string
}

// listOfFile returns the address of the list page that belongs to the address of a CSV file.
func listOfFile(path string) (list string, isFile bool) {
	u, err := url.Parse(path)
	if err != nil || !strings.HasSuffix(u.Path, ".csv") {
		return "", false
	}
	params := u.Query()
	params.Del("bom")
	u.Path, u.RawQuery = strings.TrimSuffix(u.Path, ".csv"), params.Encode()
	return u.RequestURI(), true
}

func (a *app) notConfirmed(c *fiber.Ctx, err error, p confirmPage) error {
	if errors.Is(err, models.ErrNotFound) {
		return errLoggedOut // the session ended in the meantime
	}
	if p.Problem, err = a.refusal(c, err, "This is not right. Nothing was changed yet."); err != nil {
		return err
	}
	return a.confirmPage(c, p)
}

func (a *app) confirmPage(c *fiber.Ctx, p confirmPage) error {
	p.Head, p.Prompt = a.head("Confirm it’s you", themeOf(c)), "Password"
	if viewer(c).Standing.HasSecondFactor {
		p.Prompt = "Password, or code from your app"
	}
	return a.render(c, "login/confirm", p)
}

// referer returns the path of our page that held the form, or "/".
func referer(c *fiber.Ctx) string { return pathIn(c.Get(fiber.HeaderReferer)) }

// pathIn returns the path of a full address that a browser sent, or "/".
func pathIn(address string) string {
	from, err := url.Parse(address)
	if err != nil {
		return "/"
	}
	return localPath(from.RequestURI())
}
