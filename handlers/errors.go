package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

var (
	errForm      = errors.New("unreadable form")
	errLoggedOut = errors.New("nobody is logged in")
)

// problem is the error message that a person sees. Request is set when the log has details under this request ID.
type problem struct {
	Head    head
	Status  int
	Title   string
	Words   string
	Request string
}

// meaning maps an error to a status and a message. An unknown error becomes a 500; its details go to the log only.
func meaning(err error) problem {
	var known *fiber.Error
	var invalid models.Invalid
	switch {
	case errors.As(err, &invalid):
		return problem{Status: fiber.StatusUnprocessableEntity, Title: "Not accepted", Words: words(invalid)}
	case errors.Is(err, models.ErrNotFound):
		return problem{Status: fiber.StatusNotFound, Title: "Not found", Words: "It does not exist, or it is on a panel that you may not see."}
	case errors.Is(err, models.ErrNotAllowed):
		return problem{Status: fiber.StatusForbidden, Title: "Not allowed", Words: "Your role does not allow this. Ask an owner or an admin."}
	case errors.Is(err, models.ErrTooLate):
		return problem{Status: fiber.StatusConflict, Title: "Too late", Words: "It changed after you opened it. Nothing was saved. Reload the page and try again."}
	case errors.Is(err, errCrossSite):
		return problem{Status: fiber.StatusForbidden, Title: "Refused", Words: "This request came from another site. Nothing was changed."}
	case errors.Is(err, errEncoded):
		return problem{Status: fiber.StatusUnsupportedMediaType, Title: "Refused", Words: "Masterpanel does not read compressed requests. Nothing was changed."}
	case errors.Is(err, errForm):
		return problem{Status: fiber.StatusBadRequest, Title: "Not understood", Words: "The form could not be read. Nothing was changed."}
	case models.Unavailable(err):
		return problem{Status: fiber.StatusServiceUnavailable, Title: "Database not reachable", Words: "The database cannot be reached at the moment."}
	case errors.Is(err, context.DeadlineExceeded):
		return problem{Status: fiber.StatusServiceUnavailable, Title: "Too slow", Words: "The database took too long. Try again, or add filters."}
	case errors.As(err, &known):
		return problemOf(known.Code)
	}
	return problemOf(fiber.StatusInternalServerError)
}

func problemOf(status int) problem {
	p := problem{Status: status}
	switch status {
	case fiber.StatusNotFound:
		p.Title, p.Words = "Not found", "There is no page at this address."
	case fiber.StatusMethodNotAllowed:
		p.Title, p.Words = "Not possible", "This address does not accept that kind of request."
	case fiber.StatusRequestEntityTooLarge:
		p.Title, p.Words = "Too large", fmt.Sprintf("A request can have up to %d MB. Nothing was changed.", maxBody>>20)
	case fiber.StatusRequestHeaderFieldsTooLarge:
		p.Title, p.Words = "Too large", "The address or the headers of the request are too long."
	case fiber.StatusRequestTimeout:
		p.Title, p.Words = "Too slow", "The request did not arrive in time."
	case fiber.StatusInternalServerError:
		p.Title, p.Words = "Something went wrong", "Something went wrong on our side. Try again. If it keeps happening, send us the request ID below."
	default:
		p.Title, p.Words = "Not understood", "The request could not be read."
		if status > fiber.StatusInternalServerError {
			p.Title, p.Words = "Something went wrong", "Try again in a moment."
		}
	}
	return p
}

// words joins the messages of a form that has no page of its own to show them.
func words(invalid models.Invalid) string {
	return strings.Join(slices.Sorted(maps.Values(invalid)), " ")
}

// refuse responds with an error: a page, or for htmx an alert in the corner that leaves the page unchanged.
func (a *app) refuse(c *fiber.Ctx, err error) error {
	a.setSecurityHeaders(&c.Response().Header)
	c.Response().Header.Del("HX-PTag") // otherwise the next poll would get a 304 for content that was never shown
	if errors.Is(err, errLoggedOut) {
		return a.toLogin(c)
	}
	a.noteDenied(c, err)
	p := meaning(err)
	if p.Status >= fiber.StatusInternalServerError {
		p.Request = requestID(c)
		p.Words = withSaved(c, p, err)
		a.Log.Error("http: request failed", "method", c.Method(), "path", loggedPath(c), "request", p.Request, "error", err)
	}
	p.Words = a.whomToAsk(c.UserContext(), err, p.Words)
	c.Status(p.Status)
	if p.Status == fiber.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, retryAfter)
	}
	if isHTMX(c) {
		c.Set("HX-Retarget", "#alerts")
		c.Set("HX-Reswap", "innerHTML")
		c.Set("HX-Push-Url", "false")
		return a.render(c, "errors/alert", p)
	}
	return a.problemPage(c, p)
}
