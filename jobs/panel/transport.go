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

// NewTransport returns the transport for panels. Unless allowPrivate is set, the
// address that a name resolved to is checked when it is dialled, so a name that
// changes its mind between a check and the call gains nothing. No proxy is taken
// from the environment, because a proxy would dial for us.
//
// It speaks HTTP/1.1 only: HTTP/2 re-sends refused streams by itself, and five
// calls a second need no multiplexing.
func NewTransport(allowPrivate bool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout}
	if !allowPrivate {
		dialer.Control = publicOnly
	}
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
type blockedAddressError struct{ addr string }

func (e *blockedAddressError) Error() string {
	return fmt.Sprintf("its name leads to %s, which is not a public address", e.addr)
}

// publicOnly is a net.Dialer Control function: address is what is about to be dialled.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !publicAddr(ap.Addr()) {
		return &blockedAddressError{addr: address}
	}
	return nil
}
