package jobs

import (
	"errors"
	"strings"
	"testing"
)

func TestAWrongAddressOfRedisIsNamedWithoutThePassword(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"unix:///tmp/x.sock", "redis://:password@host:6379/0"},
		{"redis-socket:///tmp/x.sock", "redis://:password@host:6379/0"},
		{"http://127.0.0.1", "redis://:password@host:6379/0"},
		{"redis://:top@geheim@127.0.0.1:6379", "@ as %40"},
		{"redis://:ge/heim@127.0.0.1:6379", "/ as %2F"},
		{"redis://:ge%heim@127.0.0.1:6379", "% as %25"},
	} {
		_, err := OpenRedis(t.Context(), c.url, 0)
		if !errors.Is(err, ErrRedisAddress) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.url, err, c.want)
		} else if strings.Contains(err.Error(), "heim") || strings.Contains(err.Error(), "redis-socket") {
			t.Errorf("%s: %q tells a part of the password, or offers a form that is refused", c.url, err)
		}
	}
}
