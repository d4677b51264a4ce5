package panel_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

// renamed sends every request to a fixed address, as a name server under somebody
// else's control does.
func renamed(t *http.Transport, addr string) *http.Transport {
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, addr) }
	return t
}

func TestANameThatLeadsToAPrivateAddressIsNotDialled(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":0,"list":[]}`))
	addr := s.Listener.Addr().String()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{addr, "localhost:" + port, "[::ffff:127.0.0.1]:" + port} {
		c := client(t, "https://shop.example", func(cfg *panel.Config) {
			cfg.AllowPrivate = false
			cfg.Transport = renamed(panel.NewTransport(false), target)
		})
		_, err := c.Orders(t.Context(), panel.OrderQuery{})
		e := asError(t, err)
		if e.Class != panel.ErrDown || e.Sent || !strings.Contains(e.Words, "not a public address") {
			t.Errorf("dialling %s: %v, sent %v; want ErrDown that names the address", target, err, e.Sent)
		}
	}
	if n := len(s.calls()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestProxyFromTheEnvironmentIsNotUsed(t *testing.T) {
	if panel.NewTransport(false).Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func TestNoTestWritesToARealShop(t *testing.T) {
	for name, call := range everyWrite() {
		asked := false
		c := client(t, "https://shop.example", func(cfg *panel.Config) {
			cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
				asked = true
				return nil, errors.New("no network here")
			})
		})
		e := asError(t, call(t.Context(), c))
		if asked || e.Class != panel.ErrRefused || e.Sent {
			t.Errorf("%s: asked %v, %v; want it refused before it is sent", name, asked, e)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// asError returns the *Error in err.
func asError(t testing.TB, err error) *panel.Error {
	t.Helper()
	var e *panel.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *panel.Error", err)
	}
	return e
}
