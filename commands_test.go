package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterpanel/models/modelstest"
)

func TestMistakesOfWhoStartsItAreOneLineAndExit2(t *testing.T) {
	taken, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	good := map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": redisServer(t).URL()}
	with := func(name, value string) map[string]string {
		env := map[string]string{name: value}
		for n, v := range good {
			if n != name {
				env[n] = v
			}
		}
		return env
	}
	for _, c := range []struct {
		name  string
		env   map[string]string
		args  []string
		wants []string
	}{
		{"an unknown command", good, []string{"serve"}, []string{"serve", "masterpanel help"}},
		{"words too many", good, []string{"web", "now"}, []string{"now"}},
		{"not a Redis URL", with("REDIS_URL", "http://127.0.0.1"), []string{"web"}, []string{"REDIS_URL"}},
		{"not migrated", with("DATABASE_URL", modelstest.EmptyURL(t)), []string{"web"}, []string{"masterpanel migrate"}},
		{"a used port", with("PORT", port), []string{"web"}, []string{port, "set PORT"}},
		{"a used port of web and worker", with("PORT", port), []string{"all"}, []string{port, "set PORT"}},
		{"an address of another machine", with("LISTEN_ADDRESS", "192.0.2.1"), []string{"web"}, []string{"192.0.2.1", "set PORT", "LISTEN_ADDRESS"}},
		{"a used port of the demo", good, []string{"demo", "--port", port}, []string{port, "--port"}},
		{"a bad flag of the demo", good, []string{"demo", "--panels", "0"}, []string{"--panels"}},
		{"an unknown flag", good, []string{"demo", "--colour", "red"}, []string{"colour"}},
		{"an owner without a name", good, []string{"admin", "create"}, []string{"--username"}},
		{"an owner with a weak password", good, []string{"admin", "create", "--username", "anna"}, []string{"password"}},
	} {
		code, _, errs := run(t, environment(c.env), "short\n", c.args...)
		if code != 2 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d and %q, want exit 2 and one line", c.name, code, errs)
		}
		for _, want := range c.wants {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: %q does not name %q", c.name, errs, want)
			}
		}
	}
}

func TestAWrongSecretKeyIsRefusedAtTheStart(t *testing.T) {
	const other, third = "b3RoZXIga2V5OiB0aGlydHktdHdvIGJ5dGVzICA6LSk=", "dGhpcmQga2V5OiB0aGlydHktdHdvIGJ5dGVzICA6LSk="
	_, _, env := shopAndPanel(t, 0)
	with := func(key, old string) func(string) string {
		changed := maps.Clone(env)
		changed["SECRET_KEY"], changed["SECRET_KEY_OLD"] = key, old
		return environment(changed)
	}
	refused := func(when string, key, old string) {
		t.Helper()
		for _, command := range []string{"web", "worker", "all", "rotate-key"} {
			code, _, errs := run(t, with(key, old), "", command)
			if code != 2 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "SECRET_KEY: another key sealed the secrets of this database") {
				t.Errorf("%s, %s: exit %d and %q, want exit 2 and one line about SECRET_KEY", when, command, code, errs)
			}
		}
	}
	refused("no check word, a panel is sealed", other, third)
	if code, _, errs := run(t, with(modelstest.Key, ""), "", "rotate-key"); code != 0 {
		t.Fatalf("with the right key: exit %d, %q", code, errs)
	}
	refused("with a check word", other, "")
	start(t, with(other, modelstest.Key), "all").url(t) // a key in SECRET_KEY_OLD decrypts the word
	if code, _, errs := run(t, with(other, modelstest.Key), "", "rotate-key"); code != 0 {
		t.Fatalf("rotating: exit %d, %q", code, errs)
	}
	refused("after the rotation", modelstest.Key, "")
	if code, _, errs := run(t, with(other, ""), "", "rotate-key"); code != 0 {
		t.Errorf("with the new key alone: exit %d, %q", code, errs)
	}
}

func TestMigrateThenCreateAnOwner(t *testing.T) {
	env := environment(map[string]string{"DATABASE_URL": modelstest.EmptyURL(t)})
	if code, out, errs := run(t, env, "", "migrate"); code != 0 || !strings.Contains(out, "applied 0001_staff") {
		t.Fatalf("migrate: exit %d, %q, %q", code, out, errs)
	}
	if code, out, _ := run(t, env, "", "migrate"); code != 0 || !strings.Contains(out, "up to date") {
		t.Errorf("migrate again: exit %d, %q", code, out)
	}
	if code, out, errs := run(t, env, "a long enough phrase\n", "admin", "create", "--username", "anna"); code != 0 || !strings.Contains(out, "anna") {
		t.Errorf("admin create: exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := run(t, env, "a long enough phrase\n", "admin", "create", "--username", "Anna"); code != 2 || !strings.Contains(errs, "already exists") {
		t.Errorf("the same again: exit %d, %q", code, errs)
	}
}

func TestTheFirstStartMakesTheOwnerOfTheEnvironment(t *testing.T) {
	env := environment(map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": redisServer(t).URL(), "PORT": "0",
		"ADMIN_USERNAME": "anna", "ADMIN_PASSWORD": modelstest.Password})
	url := start(t, env, "web").url(t)
	await(t, "readiness", func() bool { return status(url+"/readyz") == http.StatusOK })
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(url+"/login", map[string][]string{"username": {"anna"}, "password": {modelstest.Password}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		t.Errorf("logging in: %s, want 303", response.Status)
	}
}

// slowListener blocks in Addr, the last call before the server serves it, until it is closed.
type slowListener struct {
	net.Listener
	closed chan struct{}
}

func (l slowListener) Addr() net.Addr { <-l.closed; return l.Listener.Addr() }

func (l slowListener) Close() error { close(l.closed); return l.Listener.Close() }

func TestBeingStoppedBeforeItServesEndsTheWebServer(t *testing.T) {
	env := environment(map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": redisServer(t).URL()})
	s, err := program{env: env, err: io.Discard}.openServices(t.Context(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := listen("127.0.0.1", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	ended := make(chan error, 1)
	go func() { ended <- s.serveWeb(stopped, slowListener{listener, make(chan struct{})}) }()
	select {
	case err := <-ended:
		if err := errors.Join(err, s.close()); err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("it serves although it was told to stop")
	}
}
