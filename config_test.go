package main

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"masterpanel/models/modelstest"
)

// environment returns a complete environment with changes.
func environment(changes map[string]string) func(string) string {
	env := map[string]string{"DATABASE_URL": "postgres://127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1", "SECRET_KEY": modelstest.Key}
	for name, value := range changes {
		env[name] = value
	}
	return func(name string) string { return env[name] }
}

func TestAWrongVariableIsOneLineThatNamesIt(t *testing.T) {
	for name, values := range map[string][]string{
		"DATABASE_URL":         {""},
		"REDIS_URL":            {""},
		"SECRET_KEY":           {"", "short", "!!!", "AAAA"},
		"SECRET_KEY_OLD":       {"nonsense"},
		"PORT":                 {"http", "70000", "-1"},
		"METRICS_PORT":         {"http", "70000", "-1"},
		"PUBLIC_URL":           {"desk.example.com", "ftp://x", "https://", "https://x/path"},
		"TRUSTED_PROXIES":      {"10.0.0.0/40", "proxy"},
		"ALLOW_PRIVATE_PANELS": {"yes"},
		"DRAIN_SECONDS":        {"soon", "-1", "13", "300"},
		"LOG_FORMAT":           {"xml"},
		"LOG_LEVEL":            {"loud", "INFO"},
		"LISTEN_ADDRESS":       {"localhost", "127.0.0.1:80"},
		"METRICS_ADDRESS":      {"metrics.internal"},
		"DATABASE_POOL":        {"many", "3", "501"},
		"REDIS_POOL":           {"-1", "0"},
	} {
		for _, value := range values {
			_, err := readConfig(environment(map[string]string{name: value}), "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
			var usage usageError
			if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), name+" ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%q: got %v, want one line that names it", name, value, err)
			}
		}
	}
	_, err := readConfig(environment(map[string]string{"ADMIN_USERNAME": "anna", "ADMIN_PASSWORD": "short"}))
	if err == nil || !strings.HasPrefix(err.Error(), "ADMIN_PASSWORD ") {
		t.Errorf("got %v, want a line about ADMIN_PASSWORD", err)
	}
}

func TestAGoodEnvironmentIsRead(t *testing.T) {
	c, err := readConfig(environment(map[string]string{
		"PORT": "9000", "PUBLIC_URL": "https://desk.example.com", "TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7", "ALLOW_PRIVATE_PANELS": "1",
		"SECRET_KEY_OLD": "b2xkIGtleTogdGhpcnR5LXR3byBieXRlcyBpbiBhbGw=", "LOG_FORMAT": "json",
	}), "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 9000 || c.PublicURL.Host != "desk.example.com" || len(c.TrustedProxies) != 2 || !c.AllowPrivatePanels {
		t.Errorf("got %+v", c)
	}
	if c.DatabasePool != 16 || c.RedisPool != 20 || c.LogLevel != slog.LevelInfo || c.ListenAddress != "" {
		t.Errorf("the defaults are %+v", c)
	}
	if c.MetricsPort != -1 {
		t.Errorf("metrics are served on port %d although nobody asked for them", c.MetricsPort)
	}
}

func TestTheReadmeListsEveryVariable(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		row := "| `" + v.Name + "` | " + v.Default + " | " + v.Meaning + " |"
		if v.Default == "" {
			row = "| `" + v.Name + "` | | " + v.Meaning + " |"
		}
		if !strings.Contains(string(readme), row+"\n") {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}
