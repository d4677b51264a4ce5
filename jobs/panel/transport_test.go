package panel_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

// renamed sends every request to a fixed address, as a hostile name server would.
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

// privateAddresses lists addresses that an attacker may give the name of a shop, to make us call another machine.
var privateAddresses = []string{
	"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
	"169.254.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
	"192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]",
	"[64:ff9b::10.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[100::1]", "[2001::1]", "[2001:db8::1]", "[2001:10::1]", "[2002:7f00:1::]", "[2002:a00:1::]",
	"[3fff::1]", "[5f00::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%lo]", "[fec0::1]", "[ff02::1]", "[ff05::2]",
}

// TestNoPrivateAddressIsReached tries the three ways to a private address: a typed address, the result of a DNS
// lookup, and the target of a redirect.
func TestNoPrivateAddressIsReached(t *testing.T) {
	passed := 0
	for _, host := range privateSpellings {
		if _, err := panel.NormalizeURL("https://"+host, false); err == nil {
			passed++
			t.Errorf("typed: %s", host)
		}
	}
	for _, address := range privateAddresses {
		c := client(t, "https://shop.example", func(cfg *panel.Config) {
			cfg.AllowPrivate = false
			cfg.Transport = renamed(panel.NewTransport(false), address+":443")
		})
		_, err := c.Orders(t.Context(), panel.OrderQuery{})
		if e := asError(t, err); e.Sent || !strings.Contains(e.Words, "not a public address") {
			passed++
			t.Errorf("resolved: %s: %v", address, err)
		}
	}
	var target string
	redirecting := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	trap := answering(t, http.StatusOK, ok(`[]`))
	targets := []string{trap.URL}
	for _, host := range slices.Concat(privateSpellings, privateAddresses) {
		targets = append(targets, "http://"+host+"/adminapi/v2/orders")
	}
	c := client(t, redirecting.URL)
	for _, target = range targets {
		_, err := c.Orders(t.Context(), panel.OrderQuery{})
		if e := asError(t, err); e.Class != panel.ErrShape || e.Status != http.StatusTemporaryRedirect {
			passed++
			t.Errorf("redirected: %s: %v", target, err)
		}
	}
	if n := len(trap.calls()); n != 0 {
		passed += n
		t.Errorf("%d redirects were followed", n)
	}
	t.Logf("%d spellings typed, %d addresses resolved, %d redirects: %d passed", len(privateSpellings), len(privateAddresses), len(targets), passed)
}

// metadataAddresses lists addresses that are always blocked: link-local addresses, and the metadata addresses at
// which cloud providers give out credentials, also inside IPv6.
var metadataAddresses = []string{
	"169.254.0.1", "169.254.169.254", "169.254.170.2", "169.254.255.255", "100.100.100.200", "192.0.0.192", "168.63.129.16",
	"[fe80::1]", "[fe80::1%25lo]", "[febf::1]", "[fd00:ec2::254]", "[fd00:0ec2:0:0:0:0:0:254]", "[fd20:ce::254]",
	"[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::169.254.169.254]", "[::ffff:0:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]",
	"[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:5601:5601]", "[::ffff:100.100.100.200]", "[64:ff9b::6464:64c8]",
}

// oddSpellings lists other spellings of some of them that resolvers and browsers understand.
var oddSpellings = []string{"169.254.43518", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.254.169.254.", "１６９.254.169.254", "169。254。169。254", "0x64646 4c8", "1684301000"}

func TestMetadataAddressesStayShutWhenPrivateOnesAreAllowed(t *testing.T) {
	for _, host := range slices.Concat(metadataAddresses, oddSpellings) {
		for _, scheme := range []string{"http://", "https://"} {
			if got, err := panel.NormalizeURL(scheme+host+"/latest", true); err == nil {
				t.Errorf("typed: %s%s is taken as %s", scheme, host, got)
			}
		}
	}
	for _, address := range metadataAddresses {
		c := client(t, "http://shop.internal", func(cfg *panel.Config) {
			cfg.AllowPrivate = true
			cfg.Transport = renamed(panel.NewTransport(true), strings.Replace(address, "%25", "%", 1)+":80")
		})
		_, err := c.Orders(t.Context(), panel.OrderQuery{})
		if e := asError(t, err); e.Class != panel.ErrDown || e.Sent || !strings.Contains(e.Words, "link-local or metadata address") {
			t.Errorf("resolved: %s: %v", address, err)
		}
	}
}

func TestPrivateAddressesOpenWhenTheyAreAllowed(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.201", "[::1]", "[fd00:ec2::255]", "[fd12:3456::1]", "shop.internal"} {
		if _, err := panel.NormalizeURL("http://"+host, true); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	s := answering(t, http.StatusOK, ok(`{"count":0,"list":[]}`))
	c := client(t, s.URL, func(cfg *panel.Config) { cfg.AllowPrivate, cfg.Transport = true, panel.NewTransport(true) })
	if _, err := c.Orders(t.Context(), panel.OrderQuery{}); err != nil {
		t.Errorf("a panel on loopback is not reached: %v", err)
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
