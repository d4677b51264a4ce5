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

// requestID identifies a request in the log and on an error page, so that an operator can match the two.
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

// observe gives a request its ID and its deadline, handles its error and logs it. The log omits the query, because it
// contains search text.
func (a *app) observe(c *fiber.Ctx) error {
	start := a.Now()
	id := requestID(c)
	c.Set("X-Request-Id", id)
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	c.SetUserContext(models.WatchWrites(ctx))

	a.noticeProxy(c.Get(fiber.HeaderXForwardedFor) != "")
	if err := a.next(c); err != nil {
		if err := a.refuse(c, err); err != nil {
			return err
		}
	}
	took := a.Now().Sub(start)
	a.Answered(c.Response().StatusCode(), took)
	a.Log.LogAttrs(ctx, slog.LevelInfo, "http: request",
		slog.String("method", c.Method()), slog.String("path", loggedPath(c)), slog.Int("status", c.Response().StatusCode()),
		slog.Duration("took", took), slog.Int("bytes", answered(c)),
		slog.String("ip", a.clientIP(c).String()), slog.String("request", id))
	return nil
}

// answered returns the size of the response in bytes, or -1 for a stream, which is not produced yet.
func answered(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return -1
	}
	return len(c.Response().Body())
}

// next runs the handlers. A panic fails only this request, not the process.
func (a *app) next(c *fiber.Ctx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			a.Log.Error("http: panic", "cause", cause, "request", requestID(c), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return c.Next()
}
