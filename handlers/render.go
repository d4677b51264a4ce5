package handlers

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// fragment is a part of a page that htmx can ask for alone: the template and value are those that the page shows too,
// so the two cannot drift.
type fragment struct {
	target   string // the DOM id that htmx wants to fill
	template string
	value    any
}

// whole is a page: its title, its place in the navigation, its template, and its value inside the shell.
type whole struct {
	title, section, template string
	value                    func(shell) any
}

// page answers with the one of its fragments that htmx asked for, or else with the whole page; only then is the shell
// made.
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

// fragment answers with a part of a page, and beside it with what the viewer has just done.
func (a *app) fragment(c *fiber.Ctx, f fragment) error {
	said, err := a.toast(c)
	if err != nil {
		return err
	}
	return a.renderBeside(c, f.template, f.value, said)
}

// render writes one template, with what was written before in its places, signs it and shows its hidden characters.
// Nothing else writes a page. It writes it into the buffer of the answer, which fasthttp uses again and again: a page that
// would be put together elsewhere first is a hundred kilobytes for the garbage collector.
func (a *app) render(c *fiber.Ctx, template string, value any) error {
	return a.renderBeside(c, template, value, toast{})
}

// renderBeside is render with a toast, which htmx puts in its own place; the zero value is none.
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

// inTurn does what needs a processor to itself.
func (a *app) inTurn(do func() error) error {
	a.turns <- struct{}{}
	defer func() { <-a.turns }()
	return do()
}

func isHTMX(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-History-Restore-Request") != "true"
}

// fragmentTarget is the DOM id that htmx wants to fill, or "" when a whole page is wanted.
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

// isPoll tells whether the page asked by itself; a poll is not a person's action.
func isPoll(c *fiber.Ctx) bool { return isHTMX(c) && c.Get("X-Auto-Refresh") != "" }

// back answers a plain form: the browser loads the page at path anew.
func back(c *fiber.Ctx, path string) error { return c.Redirect(path, fiber.StatusSeeOther) }

// localPath is next if it leads to a page of ours, else "/": nobody is sent to another site by a link to us.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n\x00") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return next
}
