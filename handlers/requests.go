package handlers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type requestIDKey struct{}

// requestID names a request in the log and on an error page, so that one can be found by the other.
func requestID(c *fiber.Ctx) string {
	if id, ok := c.Locals(requestIDKey{}).(string); ok {
		return id
	}
	var b [6]byte
	rand.Read(b[:])
	id := hex.EncodeToString(b[:])
	c.Locals(requestIDKey{}, id)
	return id
}

// observe gives a request its id and its time, answers its error, and logs it. The query is left out of the log: it
// holds what people search for.
func (a *app) observe(c *fiber.Ctx) error {
	start := a.Now()
	id := requestID(c)
	c.Set("X-Request-Id", id)
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	c.SetUserContext(models.WatchWrites(ctx))

	if err := a.next(c); err != nil {
		if err := a.refuse(c, err); err != nil {
			return err
		}
	}
	took := a.Now().Sub(start)
	a.Answered(c.Response().StatusCode(), took)
	a.Log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", c.Method()), slog.String("path", loggedPath(c)), slog.Int("status", c.Response().StatusCode()),
		slog.Duration("took", took), slog.Int("bytes", answered(c)),
		slog.String("ip", a.clientIP(c).String()), slog.String("request", id))
	return nil
}

// answered is how many bytes the answer has, or -1 of a stream, which is still to be made.
func answered(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return -1
	}
	return len(c.Response().Body())
}

// next runs the handlers; a panic costs one request and not the process.
func (a *app) next(c *fiber.Ctx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			a.Log.Error("panic", "cause", cause, "request", requestID(c), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return c.Next()
}
