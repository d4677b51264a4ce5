package panel

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// DefaultTimeout bounds one call, from looking up the name to the last byte of the answer.
const DefaultTimeout = 30 * time.Second

const defaultUserAgent = "Mozilla/5.0 (compatible; Masterpanel)"

// Config says which panel to talk to and how.
type Config struct {
	BaseURL      string            // as a person typed it; see NormalizeURL
	AdminKey     string            // opens the Admin API; may be empty
	ServicesKey  string            // opens the User API; may be empty
	AllowPrivate bool              // allows http and private addresses, for the demo and tests
	Transport    http.RoundTripper // nil means NewTransport(AllowPrivate); share one among clients to share its connections
	Timeout      time.Duration     // zero means DefaultTimeout
	Budget       *Budget           // bounds the memory of answers; share one among all clients. nil bounds each answer only
	UserAgent    string            // empty means a browser-like one: some hosts turn others away
}

// Format keeps the keys out of every fmt verb.
func (Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "panel.Config") }

// LogValue keeps the keys out of structured logs.
func (Config) LogValue() slog.Value { return slog.StringValue("panel.Config") }

// Client talks to one panel. It is safe for concurrent use.
type Client struct {
	base        string
	adminKey    string
	servicesKey string
	agent       string
	timeout     time.Duration
	reads       http.RoundTripper
	writes      http.RoundTripper
	budget      *Budget
	mayWrite    bool
}

// New checks the configuration and returns a client; it makes no request. The
// error is a sentence for the person who typed the configuration.
func New(cfg Config) (*Client, error) {
	base, err := NormalizeURL(cfg.BaseURL, cfg.AllowPrivate)
	if err != nil {
		return nil, err
	}
	if !headerSafe(cfg.AdminKey) || !headerSafe(cfg.ServicesKey) {
		return nil, errors.New("the key contains a space or a character that no key has: copy it again from the panel")
	}
	c := &Client{
		base:        base,
		adminKey:    cfg.AdminKey,
		servicesKey: cfg.ServicesKey,
		agent:       cfg.UserAgent,
		timeout:     cfg.Timeout,
		budget:      cfg.Budget,
		mayWrite:    !testing.Testing() || loopbackURL(base),
	}
	if c.agent == "" {
		c.agent = defaultUserAgent
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	c.reads = cfg.Transport
	if c.reads == nil {
		c.reads = NewTransport(cfg.AllowPrivate)
	}
	c.writes = freshConnections(c.reads)
	return c, nil
}

// Format keeps the keys out of every fmt verb.
func (c *Client) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "panel at "+c.base) }

// BaseURL is the normalised address that calls go to, without a slash at its end.
func (c *Client) BaseURL() string { return c.base }

// headerSafe says whether a key consists of visible ASCII only, as every key seen does.
func headerSafe(key string) bool {
	return strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// loopbackURL says whether a normalised base URL points to this very machine. A
// test binary writes to no other: a slip in a test must not reach a real shop.
func loopbackURL(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	if u.Hostname() == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.Unmap().IsLoopback()
}
