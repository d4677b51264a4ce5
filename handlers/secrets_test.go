package handlers

import (
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/privatepg"
)

// canaries are secrets by name. They must not appear anywhere in any encoding.
type canaries map[string]string

// found lists the canaries in a text, also in hex and base64.
func (c canaries) found(text string) []string {
	var found []string
	for name, secret := range c {
		for kind, form := range map[string]string{"clear": secret, "hex": hex.EncodeToString([]byte(secret)), "hex in capitals": strings.ToUpper(hex.EncodeToString([]byte(secret))),
			"base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="), "an address": url.QueryEscape(secret)} {
			if strings.Contains(text, form) {
				found = append(found, name+" in "+kind)
			}
		}
	}
	return found
}

// loggingDatabase is a PostgreSQL whose own log contains every statement with its parameters.
func loggingDatabase(t *testing.T, log *lines) (dsn string, db *models.DB) {
	t.Helper()
	server, err := privatepg.Start(t.Context(), privatepg.Options{Ephemeral: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	admin := open(t, server.DSN("postgres"))
	for _, statement := range []string{"ALTER SYSTEM SET log_statement = 'all'", "ALTER SYSTEM SET log_parameter_max_length = -1",
		"ALTER SYSTEM SET log_min_error_statement = 'error'", "SELECT pg_reload_conf()", "CREATE DATABASE canary"} {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db = modelstest.OpenAt(t, server.DSN("canary"), nil)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server.DSN("canary"), db
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	conn, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// everyRow returns the whole database as text. Rows are JSON, because XML has no infinite time.
func everyRow(t *testing.T, dsn string) string {
	t.Helper()
	conn := open(t, dsn)
	var all string
	err := conn.QueryRowContext(t.Context(), `SELECT string_agg(query_to_xml(format('SELECT row_to_json(t)::text AS row FROM %I AS t', table_name), true, true, '')::text, E'\n')
		FROM information_schema.tables WHERE table_schema = 'public'`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestASecretIsInNoPageLogTableOrCache performs every operation with secrets, successfully and with errors. Then it
// searches for the secrets everywhere: in every page and error, in our log and PostgreSQL's, in every row of every
// table including the activity log, and in Redis. It excludes the one response that shows a secret for the only time.
func TestASecretIsInNoPageLogTableOrCache(t *testing.T) {
	t.Parallel()
	var ours, postgres lines
	dsn, db := loggingDatabase(t, &postgres)
	s := newSite(t, func(c *Config) { c.DB, c.Log = db, ours.logger() })
	s.db, s.now = db, modelstest.Clock(t)
	const first, second, mistyped = "canary password number one", "canary password number two", "canary password in the name"
	const adminKey, servicesKey, refusedKey, invitee = "canary-admin-key-00112233", "canary-services-key-44556677", "canary-refused-key-8899aabb", "canary password of somebody new"
	secret := canaries{"first password": first, "second password": second, "password as a name": mistyped, "invited password": invitee,
		"admin key": adminKey, "services key": servicesKey, "refused key": refusedKey}
	var pages strings.Builder
	keep := func(a answer) answer {
		for _, line := range a.Header.Values("Set-Cookie") { // the only place where a token belongs
			if _, token, _ := strings.Cut(strings.Split(line, ";")[0], "="); token != "" {
				secret[fmt.Sprintf("session token %d", len(secret))] = token
			}
		}
		a.Header.Del("Set-Cookie")
		fmt.Fprintln(&pages, a.Status, a.Header, a.Body)
		return a
	}
	do := func(status int, path string, form url.Values) answer {
		t.Helper()
		a := s.take(s.post(path, form))
		a.expect(t, status)
		return keep(a)
	}

	if _, err := db.CreateStaff(t.Context(), models.NewStaff{Username: "ada", Password: first, Role: models.RoleOwner, AllPanels: true}); err != nil {
		t.Fatal(err)
	}
	do(422, "/login", url.Values{"username": {"ada"}, "password": {mistyped}})
	// The form puts the typed text back into the name field, so this page is excluded. Everything else is searched.
	s.post("/login", url.Values{"username": {mistyped}, "password": {"x"}}).expect(t, 422)
	do(303, "/login", url.Values{"username": {"ada"}, "password": {first}})

	do(422, "/settings/panels", url.Values{"name": {""}, "short_code": {"CAN"}, "url": {"https://canary.example"}, "admin_api_key": {refusedKey}, "services_api_key": {refusedKey}})
	do(303, "/settings/panels", url.Values{"name": {"Canary"}, "short_code": {"CAN"}, "colour": {"blue"}, "url": {"https://canary.example"}, "admin_api_key": {adminKey}, "services_api_key": {servicesKey}})
	do(422, "/settings/panels", url.Values{"name": {"Canary"}, "short_code": {"CAN"}, "colour": {"blue"}, "url": {"https://other.example"}, "admin_api_key": {refusedKey}})
	do(400, "/settings/panels", url.Values{"name": {"\x00" + refusedKey}})

	do(303, "/account/two-factor/begin", nil)
	page := s.get("/account/two-factor")
	seed := strings.ReplaceAll(regexp.MustCompile(`<code class="seed">([A-Z2-7 ]+)</code>`).FindStringSubmatch(page.Body)[1], " ", "")
	secret["seed"], secret["seed in groups"] = seed, inFours(seed)
	app := modelstest.NewApp(t, seed, nil)
	do(422, "/account/two-factor/on", url.Values{"code": {"abcdef"}}) // shows the seed again
	pages.Reset()
	codes := s.take(s.post("/account/two-factor/on", url.Values{"code": {app.Code()}}))
	codes.expect(t, 200)
	for i, code := range regexp.MustCompile(`[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}`).FindAllString(codes.Body, -1) {
		secret[fmt.Sprintf("recovery code %d", i)] = code
	}
	keep(answer{Header: codes.Header})
	recovery := secret["recovery code 4"]

	do(422, "/account/password", url.Values{"old_password": {mistyped}, "password": {second}})
	do(303, "/account/password", url.Values{"old_password": {first}, "password": {second}})
	do(303, "/logout", nil)
	do(303, "/login", url.Values{"username": {"ada"}, "password": {second}})
	do(422, "/login/code", url.Values{"code": {recovery + "x"}})
	do(303, "/login/code", url.Values{"code": {recovery}})
	do(303, "/confirm", url.Values{"confirm_proof": {second}})
	do(422, "/confirm", url.Values{"confirm_proof": {mistyped}})

	v, _, err := db.ViewerOf(t.Context(), strings.TrimPrefix(s.cookie, "session="), true)
	if err != nil {
		t.Fatal(err)
	}
	guest := modelstest.Staff(t, db, "guest", models.RoleAgent, true)
	token, _, err := db.Invite(t.Context(), v, guest.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret["invitation"] = token
	owner := s.cookie
	s.cookie = ""
	s.get("/invite/"+token).expect(t, 200) // only a person with the link sees this page
	s.post("/invite/"+token, url.Values{"password": {"short"}}).expect(t, 422)
	do(303, "/invite/"+token, url.Values{"password": {invitee}})
	s.cookie = owner

	asked := 0
	for _, route := range s.app.GetRoutes(true) {
		if route.Method == fiber.MethodGet && route.Path != "/static/:name" {
			keep(s.get(strings.NewReplacer(":panel", "1", ":id", "1", ":filter", "mode", ":token", "none").Replace(route.Path)))
			asked++
		}
	}
	// The marker of the last statement shows that PostgreSQL's log contains everything before it.
	if _, err := open(t, dsn).ExecContext(t.Context(), "SELECT 'end of the canaries'"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(postgres.String(), "end of the canaries"); {
		if time.Until(deadline) < 0 {
			t.Fatal("PostgreSQL's log never got to its end")
		}
	}
	rows := everyRow(t, dsn)
	places := map[string]string{"a page or an error": pages.String(), "our log": ours.String(), "PostgreSQL's log": postgres.String(), "a table": rows, "Redis": s.memory.Dump()}
	for place, text := range places {
		if len(text) == 0 && place != "our log" {
			t.Errorf("%s is empty: nothing was looked at", place)
		}
		for _, found := range secret.found(text) {
			t.Errorf("%s: %s", place, found)
		}
	}
	if !strings.Contains(pages.String(), "••••2233") || !strings.Contains(rows, "canary.example") || !strings.Contains(postgres.String(), "INSERT INTO") {
		t.Error("the pages, the tables or the log are not those that were filled")
	}
	t.Logf("%d canaries in 5 forms, %d pages, %d kB of pages, %d kB of PostgreSQL's log, %d kB of rows", len(secret), asked, pages.Len()>>10, len(postgres.String())>>10, len(rows)>>10)
}
