// Package embedredis is an in-process Redis for the demo and the tests, so that neither needs a Redis server.
//
// It is miniredis with a clock that moves. Left to itself miniredis never expires a key; here a ticker takes the time
// that passed off every key's time to live. A key may therefore live up to one Tick less than asked, so what must hold
// for an exact time (a rate limit) keeps times in its values, read by TIME, and gives the key a longer life than that.
//
// Nothing outlives the process, as nothing in Redis has to. Access needs a password, drawn at random unless one is
// given, because the loopback address is open to every user of the machine.
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
	// Tick is how often keys expire. Each turn walks all keys, about 0.15 ms for 1,000 of them, and takes up to a Tick
	// too much from a key that was set since the last turn; a tenth of a second keeps both small.
	Tick = 100 * time.Millisecond
	// turnedTick is the Tick once the clock was turned by hand: TIME then stands still between two turns.
	turnedTick = 10 * time.Millisecond
)

// Options say where to listen. The zero value is a free port of 127.0.0.1 and a random password.
type Options struct {
	Addr     string // host:port; port 0 takes a free one
	Password string
}

// Server is a running in-process Redis.
type Server struct {
	redis    *miniredis.Miniredis
	addr     string // kept: after Close miniredis has none
	password string
	ticker   *time.Ticker
	stop     chan struct{}
	stopped  sync.WaitGroup
	close    sync.Once

	mu    sync.Mutex
	last  time.Time     // up to when keys have aged
	ahead time.Duration // how far FastForward moved the clock
}

// Start listens and answers at once. Its error names the address it could not listen on.
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

// Close ends every connection and forgets everything. It may be called more than once.
func (s *Server) Close() {
	s.close.Do(func() {
		s.ticker.Stop()
		close(s.stop)
		s.stopped.Wait()
		s.redis.Close()
	})
}

// FastForward turns the clock by d: keys whose time has come are gone when it returns, and TIME and EXPIREAT follow.
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

// advance ages the keys by the time that passed since it was last called. As long as nobody turned the clock,
// miniredis reads the real one for TIME and EXPIREAT by itself.
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
