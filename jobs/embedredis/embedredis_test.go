package embedredis

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func start(tb testing.TB) *Server {
	tb.Helper()
	server, err := Start(Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Close)
	return server
}

func connect(tb testing.TB, server *Server) *redis.Client {
	tb.Helper()
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		tb.Fatal(err)
	}
	client := redis.NewClient(options)
	tb.Cleanup(func() {
		if err := client.Close(); err != nil {
			tb.Error(err)
		}
	})
	return client
}

func must[T any](tb testing.TB) func(T, error) T {
	return func(value T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

// eventually waits until done returns true, at most 30 s.
func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	every := time.NewTicker(5 * time.Millisecond)
	defer every.Stop()
	late := time.After(30 * time.Second)
	for !done() {
		select {
		case <-every.C:
		case <-late:
			tb.Fatalf("never happened: %s", what)
		}
	}
}

func TestAStrangerIsRefused(t *testing.T) {
	server := start(t)
	for _, password := range []string{"", "guess"} {
		client := redis.NewClient(&redis.Options{Addr: server.addr, Password: password})
		err := client.Set(t.Context(), "k", "v", 0).Err()
		if err == nil || !strings.Contains(err.Error(), "NOAUTH") && !strings.Contains(err.Error(), "WRONGPASS") {
			t.Errorf("password %q: got %v, want a refusal", password, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if other := start(t); other.password == server.password {
		t.Error("two servers share one password")
	}
}

func TestAGivenPasswordAndAddressAreUsed(t *testing.T) {
	server, err := Start(Options{Addr: "127.0.0.1:0", Password: "a b/c@d:é"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := connect(t, server)
	if got := must[string](t)(client.Ping(t.Context()).Result()); got != "PONG" {
		t.Errorf("got %q, want PONG", got)
	}
	_, err = Start(Options{Addr: server.addr})
	if err == nil || !strings.Contains(err.Error(), server.addr) {
		t.Errorf("a used port: got %v, want an error that names %s", err, server.addr)
	}
}

func TestKeysExpireByThemselves(t *testing.T) {
	client := connect(t, start(t))
	client.Set(t.Context(), "k", "v", 150*time.Millisecond)
	client.Set(t.Context(), "kept", "v", time.Hour)
	eventually(t, "the key expires", func() bool { return client.Exists(t.Context(), "k").Val() == 0 })
	if got := client.Exists(t.Context(), "kept").Val(); got != 1 {
		t.Errorf("a key with an hour to live: got %d, want 1", got)
	}
}

func TestATurnOfTheClockMovesExpiryAndTimeTogether(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	before := must[time.Time](t)(client.Time(t.Context()).Result())
	client.Set(t.Context(), "short", "v", time.Hour)
	client.Set(t.Context(), "long", "v", 3*time.Hour)

	server.FastForward(2 * time.Hour)

	if got := client.Exists(t.Context(), "short", "long").Val(); got != 1 {
		t.Errorf("keys left: got %d, want only the longer one", got)
	}
	after := must[time.Time](t)(client.Time(t.Context()).Result())
	if moved := after.Sub(before); moved < 2*time.Hour {
		t.Errorf("TIME moved by %v, want at least 2h", moved)
	}
	client.Set(t.Context(), "at", "v", 0)
	client.ExpireAt(t.Context(), "at", after.Add(time.Hour))
	server.FastForward(30 * time.Minute)
	if got := client.Exists(t.Context(), "at").Val(); got != 1 {
		t.Errorf("half way to EXPIREAT: got %d keys, want 1", got)
	}
	server.FastForward(31 * time.Minute)
	if got := client.Exists(t.Context(), "at").Val(); got != 0 {
		t.Errorf("past EXPIREAT: got %d keys, want 0", got)
	}
	eventually(t, "TIME goes on after a turn", func() bool {
		return must[time.Time](t)(client.Time(t.Context()).Result()).After(after.Add(61*time.Minute + time.Millisecond))
	})
}

func TestASubscriberHears(t *testing.T) {
	client := connect(t, start(t))
	listener := client.Subscribe(t.Context(), "versions")
	defer func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}()
	must[any](t)(listener.Receive(t.Context())) // the confirmation of the subscription
	client.Publish(t.Context(), "versions", "orders 7")
	if got := must[*redis.Message](t)(listener.ReceiveMessage(t.Context())); got.Payload != "orders 7" {
		t.Errorf("got %q, want %q", got.Payload, "orders 7")
	}
}

// limiter takes one of ARGV[1] slots in the current second of the server's clock, and returns 1 or 0.
var limiter = redis.NewScript(`
local now = redis.call("TIME")
local key = KEYS[1] .. ":" .. now[1]
local taken = redis.call("INCR", key)
if taken == 1 then redis.call("PEXPIRE", key, 5000) end
if taken > tonumber(ARGV[1]) then return 0 end
return 1`)

func TestAScriptLimitsByTheServersClock(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	server.FastForward(time.Hour) // a turned clock stands still between its ticks
	allowed := map[int64]int{}
	for range 60 {
		second := must[time.Time](t)(client.Time(t.Context()).Result()).Unix()
		if must[int](t)(limiter.Run(t.Context(), client, []string{"panel:7"}, 5).Int()) == 1 {
			allowed[second]++
		}
	}
	total := 0
	for _, n := range allowed {
		total += n
	}
	if seconds := len(allowed) + 1; total < 5 || total > 5*seconds { // the clock may advance between TIME and the script
		t.Errorf("allowed %d in %d seconds, want 5 a second", total, seconds)
	}
	if got := len(client.Keys(t.Context(), "panel:7:*").Val()); got == 0 {
		t.Error("no counter kept")
	}
	server.FastForward(6 * time.Second)
	if got := client.Keys(t.Context(), "panel:7:*").Val(); len(got) != 0 {
		t.Errorf("counters after their time: got %v, want none", got)
	}
}

func TestFlushAllEmptiesIt(t *testing.T) {
	server := start(t)
	client := connect(t, server)
	for i := range 10 {
		client.Set(t.Context(), fmt.Sprint(i), "v", 0)
	}
	server.FlushAll()
	if got := client.DBSize(t.Context()).Val(); got != 0 {
		t.Errorf("got %d keys, want 0", got)
	}
}

func TestCloseEndsEverythingAndMayBeCalledTwice(t *testing.T) {
	server := start(t)
	open, err := net.Dial("tcp", server.addr)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	server.Close()
	if n, err := open.Read(make([]byte, 1)); err == nil {
		t.Errorf("open connection after Close: read %d bytes, want an end", n)
	}
	if _, err := net.Dial("tcp", server.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial after Close: got %v, want a refusal", err)
	}
}
