// Package handlers answers browsers: it reads a request, asks models once, and
// renders a page or the fragment that htmx asked for. It calls nothing outside
// but PostgreSQL and, to enqueue, Redis; so a page is fast whatever a panel
// does.
//
// routes.go is the table of contents. A handler returns an error and one place
// (errors.go) turns its meaning into a status and a sentence. A page is a
// struct above its handler; templates only show its fields.
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/template/html/v2"
	"golang.org/x/sync/singleflight"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/static"
	"masterpanel/views"
)

// Limits on what one request may cost before any handler sees it.
const (
	maxBody        = 1 << 20  // bytes; the longest form is a ticket reply
	maxHeaders     = 32 << 10 // a search for 500 ids is in the address, in HX-Current-URL and in Referer
	readTimeout    = 15 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 75 * time.Second
	requestTimeout = 20 * time.Second // for all that a handler does
)

// Config is what the web server needs; it reads no environment variable itself.
type Config struct {
	DB  *models.DB
	Log *slog.Logger
	// Version is the build's name; a page rendered by another build is never taken for unchanged.
	Version string
	// PublicURL is where browsers reach us, or nil when only requests tell. Under https cookies are Secure.
	PublicURL *url.URL
	// TrustedProxies are the only peers whose X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []netip.Prefix
	// Now tells the time; nil is time.Now.
	Now func() time.Time

	// Feed knows from memory whether anything changed; Versions says that something was changed here.
	Feed     *jobs.Feed
	Versions *jobs.Versions
	// CheckPanel asks the worker to test a panel's connection now rather than at its next sweep.
	CheckPanel func(ctx context.Context, panelID int64) error
	// WakeSync asks the worker to read a stream that is due now rather than at its next look.
	WakeSync func(ctx context.Context, key models.StreamKey) error
	// WakeAction asks the worker to send an action, or to look what became of it, now rather than at its next look.
	WakeAction func(ctx context.Context, id int64) error
	// Presence knows who is at which ticket.
	Presence *jobs.Presence
	// Budget tells who used a panel's calls lately; see jobs.CallCounts.
	Budget func(ctx context.Context, panelID int64) ([]jobs.LaneUse, error)
	// PanelURL normalises the address of a panel; its error is a sentence for the one who typed it.
	PanelURL func(raw string) (string, error)
	// Answered is told of every answer's status; nil is nobody.
	Answered func(status int, took time.Duration)
	// PingQueue checks that Redis answers.
	PingQueue func(ctx context.Context) error
	// RedisWarning returns a sentence about a setting of Redis that may lose data, "" when there is none; nil is none.
	RedisWarning func(ctx context.Context) string
}

type app struct {
	Config
	assets   *static.Assets
	sessions *sessionCache
	messages *messagePolicy
	views    stampedViews
	engine   *html.Engine
	pages    sync.Pool // of buffers that pages are written in
	rows     *kept[written]
	counts   *kept[counted]
	counting singleflight.Group // what many wait for is counted once
	said     *kept[writtenMessage]
	named    *kept[namedNumbers]
	watching *watching // which orders and tickets are looked at
	looks    *watching // which looks at customers are in the activity log
	opened   *watching // which of them a page that refreshes itself may go on with
	saved    *viewCache
	asks     *fromOutbox[asks]           // how much asks for each person
	acted    *fromOutbox[models.ActedOn] // which orders something is done to, of those that each person may see
	// turns lets only as many pages render at once as there are processors: more would not be faster, and the last
	// of many would wait three times as long.
	turns chan struct{}
}

// New builds the web server. Its errors are mistakes in the program's own templates or files.
func New(config Config) (*fiber.App, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	templates := newStampedViews(views.Files)
	engine := html.NewFileSystem(http.FS(templates), ".html")
	if err := engine.Load(); err != nil {
		return nil, fmt.Errorf("handlers: parse templates: %w", err)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Answered == nil {
		config.Answered = func(int, time.Duration) {}
	}
	if config.RedisWarning == nil {
		config.RedisWarning = func(context.Context) string { return "" }
	}
	a := &app{
		Config:   config,
		assets:   assets,
		sessions: newSessionCache(config.Now),
		messages: newMessagePolicy(),
		views:    templates,
		engine:   engine,
		rows:     newKept[written](keptBytes),
		counts:   newKept[counted](keptCounts),
		said:     newKept[writtenMessage](keptMessages),
		named:    newKept[namedNumbers](keptNumbers),
		watching: newWatching(watchAgain),
		looks:    newWatching(lookAgain),
		opened:   newWatching(models.SessionMax),
		saved:    newViewCache(config.Now),
		asks:     newFromOutbox[asks](),
		acted:    newFromOutbox[models.ActedOn](),
		turns:    make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	server := fiber.New(fiber.Config{
		AppName:               "masterpanel",
		DisableStartupMessage: true,
		Views:                 engine,
		Immutable:             true, // strings of a request outlive it in logs and caches
		ErrorHandler:          a.refuse,
		BodyLimit:             maxBody,
		ReadBufferSize:        maxHeaders,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		// Forwarded headers are read in security.go; Fiber itself believes none.
		EnableTrustedProxyCheck: true,
	})
	a.headersOnEveryAnswer(server)
	a.routes(server)
	return server, nil
}

// secure tells whether the browser speaks https to us or to a proxy that we trust.
func (a *app) secure(c *fiber.Ctx) bool {
	if a.PublicURL != nil && a.PublicURL.Scheme == "https" || c.Context().IsTLS() {
		return true
	}
	return a.trusted(peer(c)) && strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}
