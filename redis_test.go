package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"masterpanel/models/modelstest"
)

// TestARedisThatDropsKeysIsNamedAtTheStart uses a server that forbids CONFIG, as managed servers do.
func TestARedisThatDropsKeysIsNamedAtTheStart(t *testing.T) {
	for policy, warned := range map[string]bool{"noeviction": false, "allkeys-lru": true, "volatile-ttl": true} {
		server := startMortalRedis(t, "--maxmemory-policy", policy, "--rename-command", "CONFIG", "")
		client := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(server.url(), "redis://")})
		if err := client.ConfigGet(t.Context(), "maxmemory-policy").Err(); err == nil {
			t.Error("this server permits CONFIG: the test shows nothing about managed ones")
		}
		client.Close()
		web := start(t, environment(map[string]string{"DATABASE_URL": modelstest.URL(t), "REDIS_URL": server.url(), "PORT": "0"}), "web")
		url := web.url(t)
		words := "maxmemory-policy " + policy
		if strings.Contains(web.printed(), words) != warned {
			t.Errorf("%s: at the start it printed %s", policy, web.printed())
		}
		response, err := http.Get(url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || strings.Contains(string(body), words) != warned {
			t.Errorf("%s: /readyz answered %s %q, %v", policy, response.Status, body, err)
		}
		web.stop(t)
		server.kill()
	}
}
