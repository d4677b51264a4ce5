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

// exportTimeout is the maximum duration of an export. If the browser stops reading, writeTimeout ends it much earlier.
const exportTimeout = 30 * time.Minute

// The last line of an incomplete export is one of these texts, so that no reader takes the file for complete.
const (
	exportRightGone = "STOPPED: your right to see these rows ended during the export."
	exportFailed    = "STOPPED: something went wrong. Rows are missing. Export again."
	exportLeft      = "STOPPED: the browser closed the download. Rows are missing."
	exportRestart   = "STOPPED: the server restarts. Rows are missing. Export again."
)

// csvURL returns the address of the list as a CSV file with a byte order mark, which Excel needs.
func (l listing) csvURL() string {
	params := l.query.Params(l.def)
	params.Del("per")
	params.Set("bom", "1")
	return "/" + l.def.Noun + ".csv?" + params.Encode()
}

// readList is the model's query for one page of a list.
type readList[T any] func(context.Context, models.Viewer, models.ListQuery) (models.Page[T], error)

// export is the state of one running export.
type export[T any] struct {
	listing
	app   *app
	token string
	conn  net.Conn
	out   *csv.Writer
	bom   bool // write a UTF-8 byte order mark first; without it Excel assumes another encoding
	read  readList[T]
	cells func(*app, models.Viewer, T) []string
	rows  int
}

// sendCSV sends every row that matches the list's filters as a file, in the list's order. The parameter ids restricts
// it to the selected rows; with the parameter all, ids names the excluded rows instead.
//
// It reads one portion after another, each from the cursor of the last one, and holds one portion in memory. It takes
// no snapshot, because an open snapshot would keep PostgreSQL from vacuuming for the whole download. Therefore a row
// that moves in the order during the export can appear twice or not at all. The default sort key, the creation time,
// does not change. Before each portion it checks the session again, so that a revoked right ends the export.
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
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { // it runs after the handler and its context have ended
		ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
		defer cancel()
		e.send(ctx, w, heads)
	})
	return nil
}

// begin checks the right to export and records the export. A HEAD request sends no rows, so it is not recorded.
func (e *export[T]) begin(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodHead {
		return e.app.DB.BeginExport(c.UserContext(), e.viewer, e.def, e.query)
	}
	if !e.viewer.Can(models.PermExport) {
		return models.ErrNotAllowed
	}
	return nil
}

// send writes the file: heads, portions and the end.
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

// end records how the export ended. If the export is incomplete, it writes a last line that says so.
func (e *export[T]) end(w *bufio.Writer, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout) // the export's own context may have expired
	defer cancel()
	words := ""
	switch {
	case cause == nil:
		if err := e.app.DB.EndExport(ctx, e.viewer, e.def, e.query, e.rows); err != nil {
			e.app.Log.Error("export: finished, cannot record it in the activity log", "error", err)
		}
		return
	case errors.Is(cause, errReaderGone):
		words = exportLeft
	case errors.Is(cause, errLoggedOut):
		words = exportRightGone
	case errors.Is(cause, errStopping):
		words = exportRestart
	default:
		words = exportFailed
		e.app.Log.Error("export: failed", "list", e.def.Noun, "rows", e.rows, "error", cause)
	}
	if err := e.app.DB.StopExport(ctx, e.viewer, e.def, e.query, e.rows, words); err != nil {
		e.app.Log.Error("export: stopped, cannot record it in the activity log", "error", err)
	}
	_ = e.out.Write([]string{words})
	_ = e.flush(w)
}

// portion writes the next rows and reports whether more follow. It recovers from a panic, because it runs after the
// handler has returned, where no middleware would catch it.
func (e *export[T]) portion(ctx context.Context) (more bool, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			e.app.Log.Error("export: panic", "cause", cause, "export", e.def.Noun, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	if isClosed(e.app.Stopping) {
		return false, errStopping
	}
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

var (
	// errReaderGone says that the browser stopped reading.
	errReaderGone = errors.New("the browser closed the download")
	// errStopping says that the process ends.
	errStopping = errors.New("the process is stopping")
)

// flush sends the written rows and renews the write deadline for the next portion.
func (e *export[T]) flush(w *bufio.Writer) error {
	e.out.Flush()
	if err := errors.Join(e.out.Error(), w.Flush()); err != nil {
		return errReaderGone
	}
	if e.conn == nil { // a request from inside the process has no connection
		return nil
	}
	if err := e.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return errReaderGone
	}
	return nil
}

// defused returns a cell's text in a form that no spreadsheet runs as a formula. If the text starts like a formula,
// perhaps after blanks or invisible characters, it gets a leading quote. Plain numbers stay unchanged.
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
