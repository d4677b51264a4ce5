package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// overHTTPS redirects a request over http if browsers must use https. /healthz and /readyz come before it, because a
// load balancer asks them over http.
func (a *app) overHTTPS(c *fiber.Ctx) error {
	if a.PublicURL == nil || a.PublicURL.Scheme != "https" || !overHTTP(c) {
		return c.Next()
	}
	return c.Redirect("https://"+a.PublicURL.Host+localPath(c.OriginalURL()), fiber.StatusPermanentRedirect)
}

// overHTTP reports whether the browser used http. A proxy says so in X-Forwarded-Proto. Without that header the browser
// shows it: browsers send Sec-Fetch-Site only over https. A proxy that sends no such header must not cause a loop. Any
// peer is believed, because a redirect to https gives nothing away.
func overHTTP(c *fiber.Ctx) bool {
	if proto := c.Get(fiber.HeaderXForwardedProto); proto != "" {
		return strings.EqualFold(proto, "http")
	}
	return !c.Context().IsTLS() && c.Get("Sec-Fetch-Site") == ""
}

// noProxiesTrusted is the warning that a proxy is in front and its headers are ignored.
const noProxiesTrusted = "TRUSTED_PROXIES is not set, but a proxy is in front. All staff share the proxy's address, so a stranger's failed logins " +
	"can lock everybody out. Set TRUSTED_PROXIES to the proxy's address or network."

// noticeProxy logs the warning once, when a forwarded request or an https PUBLIC_URL shows that a proxy is in front.
func (a *app) noticeProxy(forwarded bool) {
	if len(a.TrustedProxies) > 0 || !forwarded {
		return
	}
	if a.proxied.CompareAndSwap(false, true) {
		a.Log.Warn("web: proxy not trusted", "advice", noProxiesTrusted)
	}
}

// warnings returns the settings that an operator should change.
func (a *app) warnings(c *fiber.Ctx) []string {
	var found []string
	if warning := a.RedisWarning(c.UserContext()); warning != "" {
		found = append(found, warning)
	}
	if a.proxied.Load() {
		found = append(found, noProxiesTrusted)
	}
	return found
}
