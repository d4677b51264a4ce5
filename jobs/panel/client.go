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

// DefaultTimeout limits one call, from the DNS lookup to the last byte of the answer.
const DefaultTimeout = 30 * time.Second

const defaultUserAgent = "Mozilla/5.0 (compatible; Masterpanel)"

// Config configures the client of one panel.
type Config struct {
	BaseURL      string            // as a person typed it; see NormalizeURL
	AdminKey     string            // key of the Admin API; may be empty
	ServicesKey  string            // key of the User API; may be empty
	AllowPrivate bool              // allows http and private addresses, for the demo and tests
	Transport    http.RoundTripper // nil means NewTransport(AllowPrivate); share one among clients to share its connections
	Timeout      time.Duration     // zero means DefaultTimeout
	Budget       *Budget           // limits the memory of answers; share one among all clients. With nil only the size of each answer is limited
	UserAgent    string            // empty means a browser-like one, because some hosts refuse others
}

// Format keeps the keys out of every fmt verb.
func (Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "panel.Config") }

// LogValue keeps the keys out of structured logs.
func (Config) LogValue() slog.Value { return slog.StringValue("panel.Config") }

// Client calls one panel. It is safe for concurrent use.
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

// New checks the configuration and returns a client. It makes no request. Its error is a sentence for the person who
// typed the configuration.
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

// BaseURL returns the normalised address that calls go to, without a trailing slash.
func (c *Client) BaseURL() string { return c.base }

// headerSafe reports whether a key consists of visible ASCII only, as every known key does.
func headerSafe(key string) bool {
	return strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// loopbackURL reports whether a normalised base URL points to this machine. A test binary writes to no other machine,
// so that a mistake in a test cannot change a real shop.
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
