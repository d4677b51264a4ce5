package handlers

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// policy is the Content-Security-Policy. It allows only our own files: no inline code or style, no foreign host and no
// frame. Only htmx may turn text into code or markup. nonce is the nonce of the response's own elements (nonce.go), or
// "".
func policy(nonce string) string {
	if nonce != "" {
		nonce = " 'nonce-" + nonce + "'"
	}
	return "default-src 'none'; script-src 'self'" + nonce + "; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
}

const oneYear = "max-age=31536000"

var (
	errCrossSite = errors.New("write from another site")
	errEncoded   = errors.New("encoded request body")
)

// headersOnEveryAnswer sets the security headers before Fiber handles a request, so that responses without any
// middleware have them too. Unreadable requests are answered by refuse, which sets the headers as well.
func (a *app) headersOnEveryAnswer(server *fiber.App) {
	handle := server.Server().Handler
	server.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		a.setSecurityHeaders(&ctx.Response.Header)
		handle(ctx)
		a.leaveConnection(ctx)
	}
}

func (a *app) setSecurityHeaders(h *fasthttp.ResponseHeader) {
	if a.PublicURL != nil && a.PublicURL.Scheme == "https" {
		h.Set(fiber.HeaderStrictTransportSecurity, oneYear)
	}
	h.Set("Content-Security-Policy", policy(""))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set(fiber.HeaderCacheControl, "no-store")
}

// guard rejects requests that no page of ours would send.
func (a *app) guard(c *fiber.Ctx) error {
	if a.secure(c) {
		c.Set(fiber.HeaderStrictTransportSecurity, oneYear)
	}
	if isEncoded(c) {
		return errEncoded
	}
	if err := a.sameSite(c); err != nil {
		return err
	}
	return c.Next()
}

// isEncoded reports whether a request's body is compressed. Fiber would decompress it without a limit, and a megabyte
// can become gigabytes. Fiber reads the last header line, so isEncoded checks every line.
func isEncoded(c *fiber.Ctx) bool {
	return slices.ContainsFunc(c.Request().Header.PeekAll(fiber.HeaderContentEncoding), func(line []byte) bool {
		return len(line) > 0 && !strings.EqualFold(string(line), "identity")
	})
}

// sameSite rejects writes that another site's page started. It also rejects such requests for files, because every
// export is recorded in the activity log. Every browser sends Sec-Fetch-Site, or at least Origin with a form. A client
// that sends neither is not a browser, so it sends no cookie on behalf of another person.
func (a *app) sameSite(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		if site := c.Get("Sec-Fetch-Site"); strings.HasSuffix(c.Path(), ".csv") && (site == "cross-site" || site == "same-site") {
			return errCrossSite
		}
		return nil
	}
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return nil
	case "":
	default:
		return errCrossSite
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" || a.ours(c, origin) {
		return nil
	}
	return errCrossSite
}

// ours reports whether an Origin is the host of the request.
func (a *app) ours(c *fiber.Ctx, origin string) bool {
	from, err := url.Parse(origin)
	if err != nil || from.Host == "" {
		return false
	}
	if a.PublicURL != nil && strings.EqualFold(from.Host, a.PublicURL.Host) && from.Scheme == a.PublicURL.Scheme {
		return true
	}
	return strings.EqualFold(from.Host, string(c.Request().Header.Host()))
}

// peer returns the address of the other end of the connection.
func peer(c *fiber.Ctx) netip.Addr {
	addr, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return netip.Addr{}
	}
	return addr.Unmap()
}

func (a *app) trusted(addr netip.Addr) bool {
	for _, prefix := range a.TrustedProxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// clientIP returns the browser's address: the peer, or the address that trusted proxies report. It reads
// X-Forwarded-For from the end, because a client can forge everything before the first untrusted address.
func (a *app) clientIP(c *fiber.Ctx) netip.Addr {
	addr := peer(c)
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) { // a proxy may add a header line of its own
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= 0 && a.trusted(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}
