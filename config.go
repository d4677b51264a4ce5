package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"masterpanel/models"
	"masterpanel/models/seal"
)

// variable is an environment variable of the program. Only readConfig reads the environment.
type variable struct{ Name, Default, Meaning string }

// variables lists all of them. A test compares the README's table with this one.
var variables = []variable{
	{"DATABASE_URL", "", "PostgreSQL 13 or newer, such as `postgres://user:password@host/masterpanel`"},
	{"REDIS_URL", "", "Redis 6 or newer, such as `redis://:password@host:6379/0`"},
	{"SECRET_KEY", "", "32 random bytes in base64 (`openssl rand -base64 32`); seals the panels' keys and the seeds of second factors"},
	{"SECRET_KEY_OLD", "", "earlier keys, separated by commas; they still open older secrets"},
	{"PORT", "8080", "port of `web` and `all`; 0 takes a free port, see the log"},
	{"LISTEN_ADDRESS", "", "address on which `web` and `all` listen, such as `127.0.0.1`; all addresses by default"},
	{"METRICS_PORT", "", "port of `/metrics` for Prometheus, open to everyone who can reach it; a process that finds it in use takes the next free port; off by default"},
	{"METRICS_ADDRESS", "", "address on which `/metrics` is served, such as `10.0.0.5`; all addresses by default"},
	{"PUBLIC_URL", "", "address for browsers, such as `https://desk.example.com`; with https, cookies are Secure and http requests are redirected"},
	{"TRUSTED_PROXIES", "", "addresses or networks, separated by commas; Masterpanel trusts their `X-Forwarded-*` headers"},
	{"ADMIN_USERNAME", "", "with ADMIN_PASSWORD: the first start creates this owner"},
	{"ADMIN_PASSWORD", "", "the owner's password (12 to 128 characters); `admin create` reads it too"},
	{"ALLOW_PRIVATE_PANELS", "", "`1` allows http and loopback or private addresses in a panel's URL; link-local and cloud metadata addresses stay closed"},
	{"DRAIN_SECONDS", "8", "time between SIGTERM and the end of the port of `web` and `all`, 0 to 12; until then pages are served and `/readyz` answers 503"},
	{"DATABASE_POOL", "16", "maximum number of connections of each process to PostgreSQL, 4 to 500"},
	{"REDIS_POOL", "20", "maximum number of connections of each process to Redis, 4 to 500, besides up to 4 subscriptions"},
	{"LOG_LEVEL", "info", "least important lines in the log: `debug`, `info`, `warn` or `error`; each request is a line of `info`"},
	{"LOG_FORMAT", "text", "`text` or `json`"},
}

// config is the parsed and checked environment.
type config struct {
	DatabaseURL, RedisURL        string
	Box                          *seal.Box
	Port                         int
	MetricsPort                  int // -1 turns it off
	ListenAddress                string
	MetricsAddress               string
	DatabasePool, RedisPool      int
	PublicURL                    *url.URL
	TrustedProxies               []netip.Prefix
	AdminUsername, AdminPassword string
	AllowPrivatePanels           bool
	Drain                        time.Duration // from SIGTERM until the port closes
	LogFormat                    string
	LogLevel                     slog.Level
}

// drainAtMost limits DRAIN_SECONDS, so that the process ends within 25 s of SIGTERM.
const drainAtMost = 12

// usageError is a mistake in how the program was started. Its text is one line that names the mistake and the fix.
// The program exits with 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func badVariable(name, problem string) error {
	return usageError{fmt.Errorf("%s %s", name, problem)}
}

// readConfig reads the environment through get. needs lists the variables that the command requires.
func readConfig(get func(string) string, needs ...string) (config, error) {
	env := func(name string) string {
		if value := strings.TrimSpace(get(name)); value != "" {
			return value
		}
		for _, v := range variables {
			if v.Name == name {
				return v.Default
			}
		}
		panic("config: unknown variable " + name)
	}
	for _, name := range needs {
		if env(name) == "" {
			return config{}, badVariable(name, "is missing: set it to "+meaning(name))
		}
	}
	c := config{DatabaseURL: env("DATABASE_URL"), RedisURL: env("REDIS_URL"),
		AdminUsername: env("ADMIN_USERNAME"), AdminPassword: get("ADMIN_PASSWORD")}
	for _, read := range []func(*config, func(string) string) error{readKeys, readWeb, readAddresses, readPools, readSwitches, readLog, readAdmin} {
		if err := read(&c, env); err != nil {
			return config{}, err
		}
	}
	return c, nil
}

func meaning(name string) string {
	for _, v := range variables {
		if v.Name == name {
			return strings.ReplaceAll(v.Meaning, "`", "")
		}
	}
	return ""
}

func readKeys(c *config, env func(string) string) error {
	if env("SECRET_KEY") == "" {
		return nil
	}
	primary, err := seal.ParseKey(env("SECRET_KEY"))
	if err != nil {
		return badVariable("SECRET_KEY", "is not valid: "+err.Error())
	}
	var old []seal.Key
	for _, word := range list(env("SECRET_KEY_OLD")) {
		key, err := seal.ParseKey(word)
		if err != nil {
			return badVariable("SECRET_KEY_OLD", "is not valid: "+err.Error())
		}
		old = append(old, key)
	}
	c.Box = seal.New(primary, old...)
	return nil
}

func readWeb(c *config, env func(string) string) error {
	if err := readPorts(c, env); err != nil {
		return err
	}
	if word := env("PUBLIC_URL"); word != "" {
		u, err := url.Parse(word)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return badVariable("PUBLIC_URL", "is not an address such as https://desk.example.com")
		}
		c.PublicURL = u
	}
	for _, word := range list(env("TRUSTED_PROXIES")) {
		prefix, err := netip.ParsePrefix(word)
		if addr, addrErr := netip.ParseAddr(word); err != nil && addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return badVariable("TRUSTED_PROXIES", "has an entry that is neither an address nor a network such as 10.0.0.0/8")
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}

func readPorts(c *config, env func(string) string) error {
	c.MetricsPort = -1
	for name, port := range map[string]*int{"PORT": &c.Port, "METRICS_PORT": &c.MetricsPort} {
		if env(name) == "" {
			continue
		}
		number, err := strconv.ParseUint(env(name), 10, 16)
		if err != nil {
			return badVariable(name, "is not a port: use a number from 1 to 65535, or 0 for any free port")
		}
		*port = int(number)
	}
	return nil
}

func readSwitches(c *config, env func(string) string) error {
	switch env("ALLOW_PRIVATE_PANELS") {
	case "", "0":
	case "1":
		c.AllowPrivatePanels = true
	default:
		return badVariable("ALLOW_PRIVATE_PANELS", "must be 1 or unset")
	}
	drain, err := strconv.ParseUint(env("DRAIN_SECONDS"), 10, 8)
	if err != nil || drain > drainAtMost {
		return badVariable("DRAIN_SECONDS", fmt.Sprintf("must be a number from 0 to %d", drainAtMost))
	}
	c.Drain = time.Duration(drain) * time.Second // #nosec G115 -- at most 12
	return nil
}

func readAddresses(c *config, env func(string) string) error {
	for name, address := range map[string]*string{"LISTEN_ADDRESS": &c.ListenAddress, "METRICS_ADDRESS": &c.MetricsAddress} {
		word := env(name)
		if _, err := netip.ParseAddr(word); err != nil && word != "" {
			return badVariable(name, "is not an IP address such as 127.0.0.1")
		}
		*address = word
	}
	return nil
}

// The limits of DATABASE_POOL and REDIS_POOL. The lower one leaves room for the queries that a page runs in parallel.
const poolAtLeast, poolAtMost = 4, 500

func readPools(c *config, env func(string) string) error {
	for name, pool := range map[string]*int{"DATABASE_POOL": &c.DatabasePool, "REDIS_POOL": &c.RedisPool} {
		number, err := strconv.Atoi(env(name))
		if err != nil || number < poolAtLeast || number > poolAtMost {
			return badVariable(name, fmt.Sprintf("must be a number from %d to %d", poolAtLeast, poolAtMost))
		}
		*pool = number
	}
	return nil
}

func readLog(c *config, env func(string) string) error {
	c.LogFormat = env("LOG_FORMAT")
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return badVariable("LOG_FORMAT", "must be text or json")
	}
	level, known := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[env("LOG_LEVEL")]
	if !known {
		return badVariable("LOG_LEVEL", "must be debug, info, warn or error")
	}
	c.LogLevel = level
	return nil
}

func readAdmin(c *config, env func(string) string) error {
	if c.AdminUsername == "" {
		return nil
	}
	if problem := models.PasswordProblem(c.AdminPassword, c.AdminUsername); problem != "" {
		return badVariable("ADMIN_PASSWORD", "does not fit ADMIN_USERNAME: "+problem)
	}
	return nil
}

func list(words string) []string {
	return strings.FieldsFunc(words, func(r rune) bool { return r == ',' || r == ' ' })
}

// LogValue keeps the whole configuration, which contains passwords, out of logs.
func (c config) LogValue() slog.Value { return slog.StringValue("[config]") }
