package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// asset serves static files. A file's name contains the hash of its content, so browsers may cache it forever.
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
