package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// asset serves what the browser loads besides pages; a name holds its content's hash, so it may be kept for ever.
func (a *app) asset(c *fiber.Ctx) error {
	file, ok := a.assets.Get(c.Params("name"))
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, file.Type)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Vary(fiber.HeaderAcceptEncoding)
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(file.Gzip)
	}
	return c.Send(file.Body)
}
