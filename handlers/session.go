package handlers

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// sessionKeys are the versions that change with a session, its owner or the owner's panels.
var sessionKeys = []string{jobs.StaffVersion, jobs.PanelsVersion}

// sessionAge is the maximum age of a cached session when rows are shown or data is changed. So a revoked right ends
// within 2 s, even if the announcement of the revocation is lost.
const sessionAge = time.Second

type viewerKey struct{}

// viewer returns the staff member of the request; requireStaff stores it.
func viewer(c *fiber.Ctx) models.Viewer {
	v, _ := c.Locals(viewerKey{}).(models.Viewer)
	return v
}

func themeOf(c *fiber.Ctx) string {
	if theme := viewer(c).Theme; theme != "" {
		return theme
	}
	return "system"
}

// requireStaff admits only requests with a valid session.
func (a *app) requireStaff(c *fiber.Ctx) error {
	token, poll, within := c.Cookies(a.cookieName(c)), isPoll(c), sessionAge
	if poll {
		within = models.LongestSession
	}
	v, err := a.viewerOf(c.UserContext(), token, !poll, within)
	if err == nil && ofAnother(c, v) {
		err = errLoggedOut
	}
	if err != nil {
		return err
	}
	v.From = a.origin(c)
	c.Locals(viewerKey{}, v)
	if to := duty(v, c.Path()); to != "" {
		return a.toDuty(c, to)
	}
	c.SetUserContext(models.WatchWrites(c.UserContext())) // the update of the session's last use must not count as a change by the form
	if err := c.Next(); err != nil || !poll || c.Response().StatusCode() == fiber.StatusNotModified {
		return err
	}
	return a.stillAllowed(c, token, v)
}

// ofAnother reports whether the page that sent the request is another person's: they left it open, and then the viewer
// logged in in the same browser. Its text must not be stored or sent in the viewer's name. The login page leads to the
// viewer's own version of the page.
func ofAnother(c *fiber.Ctx, v models.Viewer) bool {
	for _, id := range []string{c.Get("X-Page-Of"), string(c.Request().PostArgs().Peek("page_of"))} {
		if id != "" && id != pathID(v.StaffID) {
			return true
		}
	}
	return false
}

// duty returns the page that a viewer must visit first, or "". It is the password page when another person set their
// password, and the two-factor page when everybody must have a second factor.
func duty(v models.Viewer, path string) string {
	switch {
	case v.MustChangePassword:
		return unless(path == "/account/password", "/account/password")
	case v.Standing.MustSetUpSecondFactor:
		return unless(strings.HasPrefix(path, "/account/two-factor") || path == "/confirm", "/account/two-factor")
	}
	return ""
}

func unless(there bool, to string) string {
	if there {
		return ""
	}
	return to
}

func (a *app) toDuty(c *fiber.Ctx, to string) error {
	if isHTMX(c) {
		c.Set("HX-Redirect", to)
		return c.SendStatus(fiber.StatusForbidden)
	}
	return back(c, to)
}

// takeToken continues the session with its new token, in this request and in the browser.
func (a *app) takeToken(c *fiber.Ctx, token string) error {
	a.sessions.drop(c.Cookies(a.cookieName(c)))
	c.Request().Header.SetCookie(a.cookieName(c), token)
	a.setCookie(c, token)
	v, err := a.viewerOf(c.UserContext(), token, true, 0)
	if err != nil {
		return err
	}
	v.From = viewer(c).From
	c.Locals(viewerKey{}, v)
	return nil
}

// stillAllowed checks the session again before rows of a poll are sent. A 304 may rely on an old cached session,
// because it reveals nothing. Rows may not: the announcement that a right was revoked can be lost with Redis or with
// the process that should send it. A viewer whose rights changed goes through the login page, which reads their current
// rights.
func (a *app) stillAllowed(c *fiber.Ctx, token string, v models.Viewer) error {
	now, err := a.viewerOf(c.UserContext(), token, false, sessionAge)
	if err == nil && !now.SameRights(v) {
		err = errLoggedOut
	}
	if err != nil {
		c.Response().ResetBody()
	}
	return err
}

// viewerOf returns the viewer of a session token, from the cache if possible. While no version of sessionKeys has
// changed, the session should be unchanged, so a poll may use a cached session of any age until it has rows to show. A
// person's action (active) reads the database if the cached session is older than within. It also does so once a
// minute, which keeps the session alive.
func (a *app) viewerOf(ctx context.Context, token string, active bool, within time.Duration) (models.Viewer, error) {
	if token == "" {
		return models.Viewer{}, errLoggedOut
	}
	tag, known := a.Feed.Tag(sessionKeys...)
	if known {
		if v, ok := a.sessions.get(token, tag, active, within); ok {
			return v, nil
		}
	}
	v, ends, err := a.DB.ViewerOf(ctx, token, active)
	if errors.Is(err, models.ErrNotFound) {
		a.sessions.drop(token)
		return v, errLoggedOut
	}
	if err == nil && known {
		a.sessions.put(token, tag, v, ends, active)
	}
	return v, err
}

// toLogin redirects a visitor to the login page, which later returns them to the requested page.
func (a *app) toLogin(c *fiber.Ctx) error {
	to := "/login"
	if next := pageBefore(c); next != "/" {
		to += "?next=" + url.QueryEscape(next)
	}
	if isHTMX(c) {
		c.Set("HX-Redirect", to)
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// pageBefore returns the path of our page that the visitor sees or wants to see: the page that sent a form or a request
// of htmx, otherwise the requested one. It is "/" if the browser does not say.
func pageBefore(c *fiber.Ctx) string {
	switch {
	case isHTMX(c):
		return pathIn(c.Get("HX-Current-URL"))
	case c.Method() == fiber.MethodGet:
		return localPath(c.OriginalURL())
	}
	return referer(c)
}

// sessionCache caches viewers by the hash of their token, so that unchanged polls need no database.
type sessionCache struct {
	now  func() time.Time
	mu   sync.Mutex
	held map[[sha256.Size]byte]heldSession
}

// heldSession is a viewer as the database returned it at told, under a tag. used is the last time when a person's
// action updated the session in the database. ends is when the session expires without another action.
type heldSession struct {
	viewer           models.Viewer
	tag              string
	told, used, ends time.Time
}

func newSessionCache(now func() time.Time) *sessionCache {
	return &sessionCache{now: now, held: map[[sha256.Size]byte]heldSession{}}
}

func (s *sessionCache) get(token, tag string, active bool, within time.Duration) (models.Viewer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.held[sha256.Sum256([]byte(token))]
	now := s.now()
	if !ok || h.tag != tag || now.After(h.ends) || now.Sub(h.told) > within || active && now.Sub(h.used) >= models.TouchEvery {
		return models.Viewer{}, false
	}
	return h.viewer, true
}

func (s *sessionCache) put(token, tag string, v models.Viewer, ends time.Time, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, h := range s.held {
		if now.After(h.ends) {
			delete(s.held, key)
		}
	}
	key := sha256.Sum256([]byte(token))
	h := heldSession{viewer: v, tag: tag, told: now, used: s.held[key].used, ends: ends}
	if active {
		h.used = now
	}
	s.held[key] = h
}

func (s *sessionCache) drop(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, sha256.Sum256([]byte(token)))
}

// changed tells every web process to drop cached data about a change. A failure is only logged, because the change
// itself is stored and cached data expires.
func (a *app) changed(c *fiber.Ctx, keys ...string) {
	a.sessions.drop(c.Cookies(a.cookieName(c)))
	a.announce(c.UserContext(), keys...)
}

// announce notifies every page that shows data of these keys.
func (a *app) announce(ctx context.Context, keys ...string) {
	if err := a.Versions.Bump(ctx, keys...); err != nil {
		a.Log.Warn("versions: cannot announce change, pages update late", "keys", keys, "error", err)
	}
}
