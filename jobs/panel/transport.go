package panel

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	dialTimeout    = 10 * time.Second
	tlsTimeout     = 10 * time.Second
	headerTimeout  = DefaultTimeout
	idleTimeout    = 30 * time.Second
	maxHeaderBytes = 64 << 10
)

// NewTransport returns the transport for panels. It checks the address that a name resolves to when it dials it, so a
// DNS answer that changes between a check and the call gives no access. allowPrivate allows private networks, but
// never link-local or metadata addresses. The transport ignores proxies in the environment, because a proxy would
// dial for us.
//
// It uses HTTP/1.1 only: HTTP/2 repeats refused streams automatically, and five calls per second need no
// multiplexing.
func NewTransport(allowPrivate bool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout, Control: onlyAllowed(allowPrivate)}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// freshConnections returns rt with a new connection for every request. The panel may close a kept connection during a
// write, and then it is unknown whether the write arrived. A RoundTripper of another type stays as it is.
func freshConnections(rt http.RoundTripper) http.RoundTripper {
	t, ok := rt.(*http.Transport)
	if !ok {
		return rt
	}
	fresh := t.Clone()
	fresh.DisableKeepAlives = true
	return fresh
}

// blockedAddressError means that a name resolved to an address that a panel may not have.
type blockedAddressError struct {
	addr    string
	private bool // private addresses are allowed
}

func (e *blockedAddressError) Error() string {
	if e.private {
		return fmt.Sprintf("its name resolves to %s, a link-local or metadata address", e.addr)
	}
	return fmt.Sprintf("its name resolves to %s, which is not a public address", e.addr)
}

// onlyAllowed returns a Control function for net.Dialer that rejects forbidden addresses before the connection is
// made.
func onlyAllowed(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !allowedAddr(ap.Addr(), allowPrivate) {
			return &blockedAddressError{addr: address, private: allowPrivate}
		}
		return nil
	}
}
