package handlers

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// fragment is a part of a page that htmx can request alone. The page uses the same template and value, so the two
// cannot differ.
type fragment struct {
	target   string // the DOM ID that htmx fills
	template string
	value    any
}

// whole is a page: its title, its navigation section, its template, and its value inside the shell.
type whole struct {
	title, section, template string
	value                    func(shell) any
}

// page responds with the requested fragment, or else with the whole page. It builds the shell only for a whole page.
func (a *app) page(c *fiber.Ctx, w whole, fragments ...fragment) error {
	c.Vary("HX-Request", "HX-Target")
	if target := fragmentTarget(c); target != "" {
		for _, f := range fragments {
			if f.target == target {
				return a.fragment(c, f)
			}
		}
	}
	shell, err := a.shell(c, w.title, w.section)
	if err != nil {
		return err
	}
	return a.render(c, w.template, w.value(shell))
}

// fragment responds with a part of a page, plus a toast about the viewer's last action.
func (a *app) fragment(c *fiber.Ctx, f fragment) error {
	said, err := a.toast(c)
	if err != nil {
		return err
	}
	return a.renderBeside(c, f.template, f.value, said)
}

// render renders one template, inserts the cached pieces and the nonce, and makes hidden characters visible. All pages
// go through it. It writes into the response buffer, which fasthttp reuses: building a page in a separate buffer would
// leave a hundred kilobytes for the garbage collector.
func (a *app) render(c *fiber.Ctx, template string, value any) error {
	return a.renderBeside(c, template, value, toast{})
}

// renderBeside is render plus a toast, which htmx puts in its own place. The zero toast means none.
func (a *app) renderBeside(c *fiber.Ctx, template string, value any, said toast) error {
	page, _ := a.pages.Get().(*bytes.Buffer)
	if page == nil {
		page = new(bytes.Buffer)
	}
	defer a.pages.Put(page)
	page.Reset()
	nonce := rand.Text()
	c.Response().ResetBody()
	err := a.inTurn(func() error {
		if err := a.engine.Templates.ExecuteTemplate(page, template, value); err != nil {
			return err
		}
		if said.Words != "" {
			if err := a.engine.Templates.ExecuteTemplate(page, "shell/toast-more", said); err != nil {
				return err
			}
		}
		var before pieces
		if value, ok := value.(pieced); ok {
			before = value.written()
		}
		body := c.Response().SwapBody(nil)
		c.Response().SwapBody(a.views.answer(body[:0], pageWithUnseen(page.Bytes()), before, nonce))
		return nil
	})
	if err != nil {
		return fmt.Errorf("render %s: %w", template, err)
	}
	c.Set(fiber.HeaderContentSecurityPolicy, policy(nonce))
	c.Type("html", "utf-8")
	return nil
}

// inTurn runs work that keeps a processor busy; turns limits how many run concurrently.
func (a *app) inTurn(do func() error) error {
	a.turns <- struct{}{}
	defer func() { <-a.turns }()
	return do()
}

func isHTMX(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-History-Restore-Request") != "true"
}

// fragmentTarget returns the DOM ID that htmx wants to fill, or "" for a whole page.
func fragmentTarget(c *fiber.Ctx) string {
	if !isHTMX(c) || c.Get("HX-Request-Type") == "full" {
		return ""
	}
	_, id, _ := strings.Cut(c.Get("HX-Target"), "#")
	id, err := url.PathUnescape(id)
	if err != nil {
		return ""
	}
	return id
}

// isPoll reports whether the page sent the request automatically; a poll is not a person's action.
func isPoll(c *fiber.Ctx) bool { return isHTMX(c) && c.Get("X-Auto-Refresh") != "" }

// back responds to a plain form: the browser loads the page at path.
func back(c *fiber.Ctx, path string) error { return c.Redirect(path, fiber.StatusSeeOther) }

// localPath returns next if it is a page of ours, otherwise "/". So a link to us cannot redirect to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n\x00") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return next
}
