package handlers

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// exportTimeout is how long an export may take; a browser that stops reading ends it much earlier.
const exportTimeout = 30 * time.Minute

// What the last line of an export says that is not whole, so that nobody takes it for all there is.
const (
	exportRightGone = "STOPPED: the right to see these rows ended during the export."
	exportFailed    = "STOPPED: something went wrong. The rows above are not all; export again."
)

// exported are the lists that can be had as a file.
var exported = map[string]bool{models.ActivityList.Noun: true}

// csvURL is the address of the list's rows as a file.
func (l listing) csvURL() string {
	_, params, _ := strings.Cut(address(l.def, l.query.Params(l.def)), "?")
	if params != "" {
		params = "?" + params
	}
	return "/" + l.def.Noun + ".csv" + params
}

// export is a list on its way to a file.
type export[T any] struct {
	listing
	app   *app
	token string
	conn  net.Conn
	out   *csv.Writer
	read  func(context.Context, models.Viewer, models.ListQuery) (models.Page[T], error)
	cells func(*app, models.Viewer, T) []string
	rows  int
}

// serveCSV sends every row of a list that matches as a file, in the list's order. It reads in portions and holds one of
// them; before each it looks at the session again, so that a right which is taken away ends the export.
func serveCSV[T any](a *app, c *fiber.Ctx, def *models.List, heads []string,
	read func(context.Context, models.Viewer, models.ListQuery) (models.Page[T], error),
	cells func(*app, models.Viewer, T) []string,
) error {
	e := export[T]{listing: a.openList(c, def), app: a, token: c.Cookies(a.cookieName(c)), conn: c.Context().Conn(), read: read, cells: cells}
	e.query = e.query.Whole()
	if err := a.DB.BeginExport(c.UserContext(), e.viewer, def, e.query); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.csv"`, def.Noun, a.Now().In(e.viewer.Zone).Format(time.DateOnly)))
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { // outlives the handler, and so its context
		ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
		defer cancel()
		e.send(ctx, w, heads)
	})
	return nil
}

// send writes the file.
func (e *export[T]) send(ctx context.Context, w *bufio.Writer, heads []string) {
	e.out = csv.NewWriter(w)
	e.out.UseCRLF = true
	_, err := w.WriteString("\uFEFF") // or Excel takes the text for another encoding
	if err == nil {
		err = e.out.Write(heads)
	}
	for more := true; more && err == nil; {
		more, err = e.portion(ctx)
		if err == nil {
			err = e.flush(w)
		}
	}
	if err == nil || errors.Is(err, errReaderGone) {
		return
	}
	words := exportFailed
	if errors.Is(err, errLoggedOut) {
		words = exportRightGone
	} else {
		e.app.Log.Error("an export failed", "list", e.def.Noun, "rows", e.rows, "error", err)
	}
	if err := e.app.DB.StopExport(ctx, e.viewer, e.def, e.query, e.rows, words); err != nil {
		e.app.Log.Error("that an export stopped is not in the activity log", "error", err)
	}
	_ = e.out.Write([]string{words})
	_ = e.flush(w)
}

// portion writes the next rows and tells whether there are more. A panic here has no request any more that it could end
// alone.
func (e *export[T]) portion(ctx context.Context) (more bool, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			e.app.Log.Error("panic", "cause", cause, "export", e.def.Noun, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	now, err := e.app.viewerOf(ctx, e.token, false, sessionAge)
	if err != nil {
		return false, err
	}
	if !now.Can(models.PermExport) || !now.SameRights(e.viewer) {
		return false, errLoggedOut
	}
	page, err := e.read(ctx, e.viewer, e.query)
	if err != nil {
		return false, err
	}
	for _, row := range page.Rows {
		cells := e.cells(e.app, e.viewer, row)
		for i := range cells {
			cells[i] = defused(cells[i])
		}
		if err := e.out.Write(cells); err != nil {
			return false, errReaderGone
		}
	}
	e.rows += len(page.Rows)
	e.query = e.query.From(e.def, page.Next)
	return page.Next != "", nil
}

// errReaderGone says that the browser does not read on.
var errReaderGone = errors.New("the reader is gone")

// flush sends what was written and gives the browser time anew to take the next portion.
func (e *export[T]) flush(w *bufio.Writer) error {
	e.out.Flush()
	if err := errors.Join(e.out.Error(), w.Flush()); err != nil {
		return errReaderGone
	}
	if err := e.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return errReaderGone
	}
	return nil
}

// defused is a cell's text that no spreadsheet takes for a formula: one that begins like a formula, perhaps after blanks
// or invisible characters, gets a quote in front. Numbers stay numbers.
func defused(text string) string {
	start := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf) || unicode.IsControl(r) })
	if start == "" || !strings.ContainsRune("=+-@＝＋－＠", []rune(start)[0]) && !unicode.IsControl([]rune(text)[0]) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && text == start {
		return text
	}
	return "'" + text
}
