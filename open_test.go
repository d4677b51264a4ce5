package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"masterpanel/models/modelstest"
)

// laterURL returns the URL of a database whose server can be reached once come was called.
func laterURL(t *testing.T) (address string, come func()) {
	t.Helper()
	u, err := url.Parse(modelstest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	query, link := u.Query(), filepath.Join(t.TempDir(), "socket")
	folder := query.Get("host")
	query.Set("host", link)
	u.RawQuery = query.Encode()
	return u.String(), func() {
		if err := os.Symlink(folder, link); err != nil {
			t.Error(err)
		}
	}
}

func TestAStartWaitsForPostgreSQLAndThenForRedis(t *testing.T) {
	t.Parallel()
	redis := startMortalRedis(t)
	redis.kill()
	database, come := laterURL(t)
	web := start(t, environment(map[string]string{"DATABASE_URL": database, "REDIS_URL": redis.url(), "PORT": "0"}), "web")
	web.await(t, regexp.MustCompile(`start: server not reachable, retrying" server=PostgreSQL for=\S+ error=".*check that it runs`))
	come()
	web.await(t, regexp.MustCompile(`start: server reachable" server=PostgreSQL`))
	web.await(t, regexp.MustCompile(`start: server not reachable, retrying" server=Redis`))
	redis.start()
	web.await(t, regexp.MustCompile(`start: server reachable" server=Redis`))
	web.url(t)
}

func TestAServerThatStaysDownIsAFailureAndNoMistake(t *testing.T) {
	t.Parallel()
	good := map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": redisServer(t).URL()}
	for name, down := range map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/x?sslmode=disable", "REDIS_URL": "redis://127.0.0.1:1"} {
		env := map[string]string{"DATABASE_URL": good["DATABASE_URL"], "REDIS_URL": good["REDIS_URL"]}
		env[name] = down
		code, _, errs := run(t, environment(env), "", "web")
		if code != 1 || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, name+": cannot reach ") || !strings.Contains(errs, "check that it runs") {
			t.Errorf("%s: exit %d and %q, want exit 1 and one line", name, code, errs)
		}
	}
}

func TestARefusedConnectionIsAMistakeThatNoWaitingMends(t *testing.T) {
	t.Parallel()
	redis, database := redisServer(t).URL(), modelstest.URL(t)
	missing := strings.Replace(database, "@/", "@/missing_", 1)
	wrong := strings.Replace(redis, "@", "wrong@", 1)
	for name, env := range map[string]map[string]string{
		"DATABASE_URL: cannot connect to PostgreSQL": {"DATABASE_URL": missing, "REDIS_URL": redis},
		"REDIS_URL: cannot use this Redis":           {"DATABASE_URL": database, "REDIS_URL": wrong},
	} {
		var errs lines
		p := program{env: environment(env), in: strings.NewReader(""), out: &errs, err: &errs, startWithin: patience}
		if code := p.run(t.Context(), []string{"web"}); code != 2 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), name) {
			t.Errorf("exit %d and %q, want exit 2 and one line with %q", code, errs.String(), name)
		}
	}
}

func TestAnOwnerWithoutAPasswordIsNotCreated(t *testing.T) {
	t.Parallel()
	env := environment(map[string]string{"DATABASE_URL": modelstest.URL(t)})
	for name, in := range map[string]string{"no input": "", "an empty line": "\n"} {
		code, out, errs := run(t, env, in, "admin", "create", "--username", "anna")
		if code != 2 || !strings.Contains(errs, "no password was given, and no owner was created") || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
	if code, _, errs := run(t, env, "a long enough phrase\n", "admin", "create", "--username", "anna"); code != 0 {
		t.Errorf("afterwards with a password: exit %d, %q", code, errs)
	}
}
