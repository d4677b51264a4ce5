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
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/template/html/v2"
	"golang.org/x/sync/singleflight"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/static"
	"masterpanel/views"
)

// These limits bound the cost of one request before any handler sees it.
const (
	maxBody        = 1 << 20  // bytes; the longest form is a ticket reply
	maxHeaders     = 32 << 10 // a search for 500 IDs is in the address, in HX-Current-URL and in Referer
	readTimeout    = 15 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 75 * time.Second
	requestTimeout = 20 * time.Second // the deadline for all work of a handler
)

// Config holds the dependencies of the web server. The package itself reads no environment variable.
type Config struct {
	DB  *models.DB
	Log *slog.Logger
	// Version is the build's name. Tags contain it, so a page from another build never counts as unchanged.
	Version string
	// PublicURL is the address that browsers use; nil means the request's Host header decides. With https, cookies are
	// Secure.
	PublicURL *url.URL
	// TrustedProxies are the only peers whose X-Forwarded-For and X-Forwarded-Proto headers count.
	TrustedProxies []netip.Prefix
	// Now returns the current time; nil means time.Now.
	Now func() time.Time

	// Feed knows the current versions from memory. Versions announces changes made by this process.
	Feed     *jobs.Feed
	Versions *jobs.Versions
	// CheckPanel asks the worker to test a panel's connection now instead of at its next sweep.
	CheckPanel func(ctx context.Context, panelID int64) error
	// WakeSync asks the worker to read a due stream now instead of at its next sweep.
	WakeSync func(ctx context.Context, key models.StreamKey) error
	// WakeAction asks the worker to send an action, or to check its result, now instead of at its next sweep.
	WakeAction func(ctx context.Context, id int64) error
	// Presence knows which staff members have which ticket open.
	Presence *jobs.Presence
	// Budget returns who used a panel's API calls lately; see jobs.CallCounts.
	Budget func(ctx context.Context, panelID int64) ([]jobs.LaneUse, error)
	// PanelURL normalises a panel's address. Its error is a message for the person who typed the address.
	PanelURL func(raw string) (string, error)
	// Answered receives the status and duration of every response; it may be nil.
	Answered func(status int, took time.Duration)
	// PingQueue checks that Redis responds.
	PingQueue func(ctx context.Context) error
	// Draining is closed when the process was told to stop and still serves; see drain.go. nil means never.
	Draining <-chan struct{}
	// Stopping is closed when the port closes. Running exports then end with a line that says so. nil means never.
	Stopping <-chan struct{}
	// RedisWarning returns a warning about a Redis setting that can lose data, or "". It may be nil.
	RedisWarning func(ctx context.Context) string
}

type app struct {
	Config
	assets   *static.Assets
	sessions *sessionCache
	messages *messagePolicy
	views    stampedViews
	engine   *html.Engine
	pages    sync.Pool // buffers for rendering pages
	rows     *kept[written]
	counts   *kept[counted]
	counting singleflight.Group // merges concurrent requests for the same counts into one query
	said     *kept[writtenMessage]
	named    *kept[namedNumbers]
	watching *watching // which orders and tickets staff have open
	looks    *watching // which views of customer data the activity log already has
	opened   *watching // views that a person opened, so that polls of them are not logged
	saved    *viewCache
	asks     *fromOutbox[asks]           // for each person, how many actions and payments need their decision
	acted    *fromOutbox[models.ActedOn] // for each person, the visible orders that may be pending
	proxied  atomic.Bool                 // a proxy is in front and TRUSTED_PROXIES is not set
	// turns limits concurrent rendering to the number of processors. More would not be faster, and the last of many
	// pages would take three times as long.
	turns chan struct{}
}

// New builds the web server. It returns an error only for a mistake in the program's own templates or files.
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
		Immutable:             true, // logs and caches keep strings of a request after it ended
		ErrorHandler:          a.refuse,
		BodyLimit:             maxBody,
		ReadBufferSize:        maxHeaders,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		// security.go reads the forwarded headers. This option makes Fiber itself trust none of them.
		EnableTrustedProxyCheck: true,
	})
	a.noticeProxy(a.PublicURL != nil && a.PublicURL.Scheme == "https") // this server itself speaks http only
	a.headersOnEveryAnswer(server)
	a.routes(server)
	return server, nil
}

// secure reports whether the browser uses https, either to us or to a trusted proxy.
func (a *app) secure(c *fiber.Ctx) bool {
	if a.PublicURL != nil && a.PublicURL.Scheme == "https" || c.Context().IsTLS() {
		return true
	}
	return a.trusted(peer(c)) && strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}
