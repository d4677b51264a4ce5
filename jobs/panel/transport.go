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

// NewTransport returns the transport for panels. The address that a name resolved
// to is checked when it is dialled, so a name that changes its mind between a check
// and the call gains nothing. allowPrivate opens private networks, and neither
// link-local nor metadata addresses. No proxy is taken from the environment, because
// a proxy would dial for us.
//
// It speaks HTTP/1.1 only: HTTP/2 re-sends refused streams by itself, and five
// calls a second need no multiplexing.
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

// freshConnections returns rt with a new connection for every request: on a kept
// one, the panel may close it while a write is under way, and nobody could tell
// whether the write arrived. A foreign RoundTripper decides for itself.
func freshConnections(rt http.RoundTripper) http.RoundTripper {
	t, ok := rt.(*http.Transport)
	if !ok {
		return rt
	}
	fresh := t.Clone()
	fresh.DisableKeepAlives = true
	return fresh
}

// blockedAddressError says that a name led to an address that a panel may not have.
type blockedAddressError struct {
	addr    string
	private bool // private addresses are allowed
}

func (e *blockedAddressError) Error() string {
	if e.private {
		return fmt.Sprintf("its name leads to %s, a link-local or metadata address", e.addr)
	}
	return fmt.Sprintf("its name leads to %s, which is not a public address", e.addr)
}

// onlyAllowed returns a net.Dialer Control function: address is what is about to be dialled.
func onlyAllowed(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !allowedAddr(ap.Addr(), allowPrivate) {
			return &blockedAddressError{addr: address, private: allowPrivate}
		}
		return nil
	}
}
