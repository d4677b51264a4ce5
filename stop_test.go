package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"masterpanel/models/modelstest"
)

// served is a web server of a test.
type served struct {
	url   string
	stop  context.CancelCauseFunc
	ended chan error
}

// serve starts a web server whose drain is the given function.
func serve(t *testing.T, drain func()) served {
	t.Helper()
	env := environment(map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": redisServer(t).URL()})
	s, err := program{env: env, err: io.Discard}.openServices(t.Context(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	s.pause = func(context.Context, time.Duration) { drain() }
	listener, err := listen("127.0.0.1", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	web := served{"http://" + listener.Addr().String(), stop, make(chan error, 1)}
	go func() { web.ended <- s.serveWeb(ctx, listener) }()
	await(t, "readiness", func() bool { return status(web.url+"/readyz") == http.StatusOK })
	return web
}

// end waits until the server has stopped and its port is closed.
func (w served) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-w.ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the server does not stop")
	}
	if got := status(w.url + "/healthz"); got != 0 {
		t.Errorf("after its end the port answers with %d", got)
	}
}

func TestAfterSIGTERMPagesAreServedUntilProxiesHaveSeenThatItIsNotReady(t *testing.T) {
	t.Parallel()
	seen := make(chan struct{})
	release := sync.OnceFunc(func() { close(seen) })
	defer release()
	web := serve(t, func() { <-seen })
	web.stop(errTerminated)
	await(t, "not being ready", func() bool { return status(web.url+"/readyz") == http.StatusServiceUnavailable })
	response, err := http.Get(web.url + "/login")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || !response.Close {
		t.Errorf("while it drains /login answers %s, and the connection ends: %v; want 200 and true", response.Status, response.Close)
	}
	release()
	web.end(t)
}

func TestAProcessEndsAlthoughSomeWorkDoesNot(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	s := &services{pause: func(context.Context, time.Duration) {}}
	err := s.untilEnded(stopped, func() error { <-t.Context().Done(); return nil })
	if err == nil {
		t.Error("it ended without an error")
	}
	if total := drainAtMost*time.Second + stopWithin; total > endWithin {
		t.Errorf("a server that drains needs %s, longer than %s", total, endWithin)
	}
}

func TestAnInterruptDoesNotWaitForProxies(t *testing.T) {
	t.Parallel()
	web := serve(t, func() { t.Error("the server drains") })
	web.stop(nil)
	web.end(t)
}
