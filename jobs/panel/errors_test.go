package panel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel"
)

const page = "<!DOCTYPE html><html><title>Just a moment...</title></html>"

func TestAnswersHaveMeanings(t *testing.T) {
	envelope := func(code any, words string) string {
		return fmt.Sprintf(`{"data":[],"error_message":%q,"error_code":%v}`, words, code)
	}
	one := func(ctx context.Context, c *panel.Client) error { return drop(c.Order(ctx, 5)) }
	list := func(ctx context.Context, c *panel.Client) error { return drop(c.Orders(ctx, panel.OrderQuery{})) }
	tests := []struct {
		status   int
		body     string
		call     do
		class    error
		code     int64
		sentence string
	}{
		{200, envelope(100, "Page not found."), one, panel.ErrGone, 100, "The panel no longer has it (200): Page not found."},
		{404, envelope(100, "Page not found."), one, panel.ErrGone, 100, "The panel no longer has it (404): Page not found."},
		{404, envelope(0, ""), one, panel.ErrGone, 0, "The panel no longer has it (404)"},
		{200, envelope(100, "Page not found."), list, panel.ErrRefused, 100, "The panel refused: Page not found."},
		{404, envelope(100, "Page not found."), list, panel.ErrRefused, 100, "The panel refused: Page not found."},
		{200, envelope(7, "No"), one, panel.ErrRefused, 7, "The panel refused: No"},
		{200, envelope(`"7"`, "No"), one, panel.ErrRefused, 7, "The panel refused: No"},
		{400, envelope(0, "Bad filter"), list, panel.ErrRefused, 0, "The panel refused: Bad filter"},
		{422, `{"message":"x"}`, list, panel.ErrRefused, 0, "The panel refused: the answer cannot be used: it has no data"},
		{401, envelope(1, "Bad key"), list, panel.ErrKey, 1, "The panel refused the key (401): Bad key"},
		{403, envelope(1, "Bad key"), list, panel.ErrKey, 1, "The panel refused the key (403): Bad key"},
		{401, ``, list, panel.ErrKey, 0, "The panel refused the key (401): the answer cannot be used: it is empty"},
		{401, page, list, panel.ErrDown, 0, "The panel is not working (401): answered with a web page instead of data"},
		{403, page, list, panel.ErrDown, 0, "The panel is not working (403): answered with a web page instead of data"},
		{403, `forbidden`, list, panel.ErrDown, 0, "The panel is not working (403): the answer cannot be used: not JSON"},
		{503, page, list, panel.ErrDown, 0, "The panel is not working (503): answered with a web page instead of data"},
		{502, ``, list, panel.ErrDown, 0, "The panel is not working (502): the answer cannot be used: it is empty"},
		{522, envelope(0, ""), list, panel.ErrDown, 0, "The panel is not working (522)"},
		{500, envelope(5, "oops"), list, panel.ErrDown, 5, "The panel is not working (500): oops"},
		{429, envelope(0, "slow"), list, panel.ErrLimited, 0, "The panel asks for fewer calls (429): slow"},
		{429, page, list, panel.ErrLimited, 0, "The panel asks for fewer calls (429): answered with a web page instead of data"},
		{404, page, one, panel.ErrShape, 0, "The panel's answer was not understood (404): answered with a web page instead of data"},
		{200, page, list, panel.ErrShape, 0, "The panel's answer was not understood (200): answered with a web page instead of data"},
		{200, `{"data":`, list, panel.ErrShape, 0, "The panel's answer was not understood (200): the answer cannot be used: not JSON"},
		{301, ok(`[]`), list, panel.ErrShape, 0, "The panel's answer was not understood (301): it redirects, but Masterpanel does not follow redirects: enter the new address in the panel's settings"},
	}
	for _, tt := range tests {
		s := answering(t, tt.status, tt.body)
		err := tt.call(t.Context(), client(t, s.URL))
		e := asError(t, err)
		if !errors.Is(err, tt.class) || e.Class != tt.class || e.Status != tt.status || e.Code != tt.code || !e.Sent || e.Sentence() != tt.sentence {
			t.Errorf("%d %.40s: %v\n got %q\nwant %q", tt.status, tt.body, err, e.Sentence(), tt.sentence)
		}
	}
}

func TestCloudflareIsNamed(t *testing.T) {
	s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "cloudflare")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, page)
	})
	_, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
	if e := asError(t, err); e.Class != panel.ErrDown || !strings.Contains(e.Words, "Cloudflare") {
		t.Errorf("got %v, want ErrDown by Cloudflare", err)
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Sat, 01 Mar 2025 12:00:00 GMT"
	tests := []struct {
		after, date string
		want        time.Duration
	}{
		{"7", date, 7 * time.Second}, {"", date, 0}, {"-5", date, 0}, {"soon", date, 0}, {"999999999", date, 24 * time.Hour},
		{"Sat, 01 Mar 2025 12:00:30 GMT", date, 30 * time.Second}, {"Sat, 01 Mar 2025 11:00:00 GMT", date, 0},
		{"Sat, 01 Mar 2025 12:00:30 GMT", "garbage", 0}, {"Mon, 01 Mar 2100 12:00:30 GMT", date, 24 * time.Hour},
	}
	for _, tt := range tests {
		s := newShop(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.after)
			w.Header().Set("Date", tt.date)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
		if e := asError(t, err); e.After != tt.want || e.Class != panel.ErrLimited {
			t.Errorf("Retry-After %q at %q: %v, want %v", tt.after, tt.date, e.After, tt.want)
		}
	}
}

func TestWordsAreFitToBeShown(t *testing.T) {
	s := answering(t, http.StatusOK, `{"data":[],"error_code":7,"error_message":"  a\r\nb\u0000\u001b[31m\u202Ec\u200b\tkey `+adminKey[:6]+`\u200b`+adminKey[6:]+` `+strings.Repeat("ö", 400)+`"}`)
	_, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
	e := asError(t, err)
	if n := len([]rune(e.Words)); n != 300 {
		t.Errorf("%d characters, want 300", n)
	}
	if want := "a b[31mc key [key] öö"; !strings.HasPrefix(e.Words, want) {
		t.Errorf("got %.40q, want %q", e.Words, want)
	}
}

// TestKeysAreNowhere makes a panel return our keys in every possible place.
func TestKeysAreNowhere(t *testing.T) {
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			both := adminKey + " " + servicesKey
			w.Header().Set("Location", "https://"+adminKey+".example/"+servicesKey+"?key="+adminKey)
			w.Header().Set("Server", both)
			w.Header().Set("Retry-After", both)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"data":[],"error_code":7,"error_message":%q,"error":%q}`, both, both)
		}
	}
	handlers := map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			cutOff(w, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"+adminKey)
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) { cutOff(w, adminKey+" "+servicesKey+"\r\n\r\n") },
	}
	for _, status := range []int{200, 301, 302, 307, 308, 400, 401, 403, 404, 429, 500, 503} {
		handlers[fmt.Sprint(status)] = echo(status)
	}
	calls := everyRead()
	for name, call := range everyWrite() {
		calls[name] = call
	}
	for how, handler := range handlers {
		s := newShop(t, handler)
		c := client(t, s.URL)
		for name, call := range calls {
			err := call(t.Context(), c)
			e := asError(t, err)
			text := fmt.Sprintf("%v|%+v|%#v|%s|%v|%#v", err, e, *e, e.Sentence(), c, c)
			for _, secret := range []string{adminKey, servicesKey, "secret-user", "?"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s, %s: %q in %s", how, name, secret, text)
				}
			}
		}
	}
	for _, seen := range newShopOf(t, calls) {
		if strings.Contains(seen.path+seen.query, adminKey) || strings.Contains(seen.path+seen.query, servicesKey) {
			t.Errorf("a key in the URL: %s?%s", seen.path, seen.query)
		}
	}
}

// newShopOf makes all calls to a new shop and returns the requests that the shop received.
func newShopOf(t testing.TB, calls map[string]do) []seen {
	s := answering(t, http.StatusInternalServerError, "")
	c := client(t, s.URL)
	for _, call := range calls {
		_ = asError(t, call(t.Context(), c))
	}
	return s.calls()
}

func TestConfigurationIsNotPrinted(t *testing.T) {
	cfg := panel.Config{BaseURL: "https://a:" + adminKey + "@x.example", AdminKey: adminKey, ServicesKey: servicesKey}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cfg", cfg)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cfg", cfg, "ptr", &cfg)
	text := fmt.Sprintf("%v %+v %#v %s %q %v", cfg, cfg, cfg, cfg, cfg, &cfg) + log.String()
	if strings.Contains(text, adminKey) || strings.Contains(text, servicesKey) {
		t.Errorf("a key in %s", text)
	}
}

func TestKeysThatCannotBeSentAreRefused(t *testing.T) {
	for _, key := range []string{"a b", "a\nb", "ключ", "a\x00", " padded"} {
		for _, cfg := range []panel.Config{{AdminKey: key}, {ServicesKey: key}} {
			cfg.BaseURL = "https://shop.example"
			_, err := panel.New(cfg)
			if err == nil || strings.Contains(err.Error(), key) {
				t.Errorf("%q: %v, want an error that does not repeat it", key, err)
			}
		}
	}
	if _, err := panel.New(panel.Config{BaseURL: "nonsense"}); err == nil {
		t.Error("a client for nonsense")
	}
}
