package handlers

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// readForm fills dst, a pointer to a struct with form tags, from a URL-encoded body. Fields without a tag cannot be
// set. It rejects text that PostgreSQL could not store (NUL, invalid UTF-8).
func readForm(c *fiber.Ctx, dst any) error {
	kind := strings.ToLower(c.Get(fiber.HeaderContentType))
	if len(c.Body()) > 0 && !strings.HasPrefix(kind, fiber.MIMEApplicationForm) {
		return fmt.Errorf("%w: it is %q", errForm, kind)
	}
	clean := true
	c.Request().PostArgs().VisitAll(func(key, value []byte) {
		clean = clean && utf8.Valid(key) && utf8.Valid(value) && !strings.ContainsRune(string(value), 0)
	})
	if !clean {
		return fmt.Errorf("%w: it is not UTF-8 text", errForm)
	}
	if len(c.Body()) == 0 {
		return nil
	}
	if err := c.BodyParser(dst); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return nil
}

// field is one form input with its value and its error message.
type field struct {
	Value string
	Error string
}

// fieldErrors returns the messages by field if err is a validation error; ok reports whether it is one.
func fieldErrors(err error) (models.Invalid, bool) {
	var invalid models.Invalid
	ok := errors.As(err, &invalid)
	return invalid, ok
}
