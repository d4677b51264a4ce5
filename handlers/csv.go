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
	exportLeft      = "STOPPED: the browser did not take the rest."
)

// csvURL is the address of the list's rows as a file that Excel reads rightly.
func (l listing) csvURL() string {
	params := l.query.Params(l.def)
	params.Del("per")
	params.Set("bom", "1")
	return "/" + l.def.Noun + ".csv?" + params.Encode()
}

// readList is a noun's query.
type readList[T any] func(context.Context, models.Viewer, models.ListQuery) (models.Page[T], error)

// export is a list on its way to a file.
type export[T any] struct {
	listing
	app   *app
	token string
	conn  net.Conn
	out   *csv.Writer
	bom   bool // the file begins with the mark of UTF-8, without which Excel takes its text for another encoding
	read  readList[T]
	cells func(*app, models.Viewer, T) []string
	rows  int
}

// sendCSV sends every row of a list that matches as a file, in the list's order; ids narrows it to rows that were chosen,
// or with all to those that were not left out.
// It reads in portions, each from where the last one ended, and holds one of them. That is no snapshot, which would keep
// PostgreSQL from tidying up for as long as somebody downloads: a row whose place in the order changes meanwhile may come
// twice or not at all, and what the list is sorted by as a rule, the time of creation, does not change. Before each
// portion it looks at the session again, so that a right which is taken away ends the export.
func sendCSV[T any](a *app, c *fiber.Ctx, l listing, heads []string, read readList[T], cells func(*app, models.Viewer, T) []string) error {
	e := export[T]{listing: l, app: a, token: c.Cookies(a.cookieName(c)), conn: c.Context().Conn(), bom: c.FormValue("bom") == "1", read: read, cells: cells}
	e.query = e.query.Whole()
	switch keys := append([]models.Key{}, models.ParseKeys(c.FormValue("ids"))...); {
	case c.FormValue("ids") == "":
	case c.FormValue("all") != "":
		e.query.Except = keys
	default:
		e.query.Only = keys
	}
	if err := e.begin(c); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.csv"`, e.def.Noun, a.Now().In(e.viewer.Zone).Format(time.DateOnly)))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { // outlives the handler, and so its context
		ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
		defer cancel()
		e.send(ctx, w, heads)
	})
	return nil
}

// begin notes that the file is taken away, if it is and may be: who asks for the head alone takes no row.
func (e *export[T]) begin(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodHead {
		return e.app.DB.BeginExport(c.UserContext(), e.viewer, e.def, e.query)
	}
	if !e.viewer.Can(models.PermExport) {
		return models.ErrNotAllowed
	}
	return nil
}

// send writes the file.
func (e *export[T]) send(ctx context.Context, w *bufio.Writer, heads []string) {
	e.out = csv.NewWriter(w)
	e.out.UseCRLF = true
	var err error
	if e.bom {
		_, err = w.WriteString("\uFEFF")
	}
	if err == nil {
		err = e.out.Write(heads)
	}
	for more := true; more && err == nil; {
		more, err = e.portion(ctx)
		if err == nil {
			err = e.flush(w)
		}
	}
	e.end(w, err)
}

// end notes how the export ended, and writes under what is not whole that it is not.
func (e *export[T]) end(w *bufio.Writer, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout) // the export's own may be what ended
	defer cancel()
	words := ""
	switch {
	case cause == nil:
		if err := e.app.DB.EndExport(ctx, e.viewer, e.def, e.query, e.rows); err != nil {
			e.app.Log.Error("that an export ended is not in the activity log", "error", err)
		}
		return
	case errors.Is(cause, errReaderGone):
		words = exportLeft
	case errors.Is(cause, errLoggedOut):
		words = exportRightGone
	default:
		words = exportFailed
		e.app.Log.Error("an export failed", "list", e.def.Noun, "rows", e.rows, "error", cause)
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
	if e.conn == nil { // asked for inside the process
		return nil
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
