package handlers

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// cookieName has the prefix __Host- under https; it stops other hosts of the domain from setting the cookie.
func (a *app) cookieName(c *fiber.Ctx) string { return a.hostCookie(c, "session") }

// deviceCookie names the cookie of a device that logged in before. Log-out leaves it.
func (a *app) deviceCookie(c *fiber.Ctx) string { return a.hostCookie(c, "device") }

func (a *app) hostCookie(c *fiber.Ctx, name string) string {
	if a.secure(c) {
		return "__Host-" + name
	}
	return name
}

// setCookie gives the browser the token of its session, or deletes it with "".
func (a *app) setCookie(c *fiber.Ctx, token string) {
	cookie := a.newCookie(c, a.cookieName(c), token, models.LongestSession)
	if token == "" {
		cookie.MaxAge, cookie.Expires = -1, time.Unix(0, 0)
	}
	c.Cookie(cookie)
}

func (a *app) newCookie(c *fiber.Ctx, name, value string, age time.Duration) *fiber.Cookie {
	return &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true,
		SameSite: fiber.CookieSameSiteLaxMode, Secure: a.secure(c), MaxAge: int(age.Seconds())}
}

// admitted gives the browser the tokens of a login.
func (a *app) admitted(c *fiber.Ctx, in models.LoggedIn) {
	a.setCookie(c, in.Token)
	if in.Device != "" {
		c.Cookie(a.newCookie(c, a.deviceCookie(c), in.Device, models.DeviceMaxAge))
	}
}

// origin returns the source of a request.
func (a *app) origin(c *fiber.Ctx) models.Origin {
	return models.Origin{Address: a.clientIP(c).String(), UserAgent: c.Get(fiber.HeaderUserAgent)}
}

// loginOrigin returns the source of a login with the token of the device.
func (a *app) loginOrigin(c *fiber.Ctx) models.Origin {
	from := a.origin(c)
	from.Device = c.Cookies(a.deviceCookie(c))
	return from
}
