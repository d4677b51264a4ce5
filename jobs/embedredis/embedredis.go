// Package embedredis is an in-process Redis for the demo and the tests, so that neither needs a Redis server.
//
// It is miniredis with a clock that moves. miniredis alone never expires a key; here a ticker subtracts the elapsed
// time from every key's time to live. A key may therefore live up to one Tick less than requested, so code that
// depends on an exact time (a rate limit) keeps times in its values, reads the clock with TIME, and gives the key a
// longer life than that.
//
// The data is lost when the process ends, which is fine because all data in Redis can be rebuilt. Access needs a
// password, a random one if the options give none, because every user of the machine can reach the loopback address.
package embedredis

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

const (
	// Tick is how often keys expire. Each run walks all keys, about 0.15 ms for 1,000 of them, and takes up to one
	// Tick too much from a key that was set since the last run. A tenth of a second keeps both costs small.
	Tick = 100 * time.Millisecond
	// turnedTick is the Tick after FastForward was called: from then on, TIME stands still between two ticks.
	turnedTick = 10 * time.Millisecond
)

// Options holds the address and the password. The zero value means a free port of 127.0.0.1 and a random password.
type Options struct {
	Addr     string // host:port; port 0 picks a free one
	Password string
}

// Server is a running in-process Redis.
type Server struct {
	redis    *miniredis.Miniredis
	addr     string // a copy, because miniredis has no address after Close
	password string
	ticker   *time.Ticker
	stop     chan struct{}
	stopped  sync.WaitGroup
	close    sync.Once

	mu    sync.Mutex
	last  time.Time     // the time up to which keys have aged
	ahead time.Duration // how far FastForward has moved the clock
}

// Start starts a server, which answers as soon as Start returns. Its error names the address that it could not listen
// on.
func Start(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Password == "" {
		o.Password = rand.Text()
	}
	s := &Server{
		redis:    miniredis.NewMiniRedis(),
		password: o.Password,
		ticker:   time.NewTicker(Tick),
		stop:     make(chan struct{}),
		last:     time.Now(),
	}
	s.redis.RequireAuth(o.Password)
	if err := s.redis.StartAddr(o.Addr); err != nil {
		s.ticker.Stop()
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	s.addr = s.redis.Addr()
	s.stopped.Go(s.run)
	return s, nil
}

// URL returns the server's address with its password, as redis://:password@host:port/0.
func (s *Server) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", s.password), Host: s.addr, Path: "/0"}
	return u.String()
}

// Close ends every connection and drops all data. It may be called more than once.
func (s *Server) Close() {
	s.close.Do(func() {
		s.ticker.Stop()
		close(s.stop)
		s.stopped.Wait()
		s.redis.Close()
	})
}

// FastForward moves the clock by d: expired keys are gone when it returns, and TIME and EXPIREAT use the new time.
func (s *Server) FastForward(d time.Duration) {
	s.mu.Lock()
	s.ahead += d
	s.mu.Unlock()
	s.ticker.Reset(turnedTick)
	s.redis.FastForward(d)
	s.advance()
}

// FlushAll removes every key, as an operator's FLUSHALL would.
func (s *Server) FlushAll() { s.redis.FlushAll() }

func (s *Server) run() {
	for {
		select {
		case <-s.stop:
			return
		case <-s.ticker.C:
			s.advance()
		}
	}
}

// advance ages the keys by the time since its last call. Until FastForward is called, miniredis reads the real clock
// for TIME and EXPIREAT.
func (s *Server) advance() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.redis.FastForward(now.Sub(s.last))
	s.last = now
	if s.ahead != 0 {
		s.redis.SetTime(now.Add(s.ahead))
	}
}
