package seal

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"
)

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	type settings struct {
		Key    Secret
		Inside map[string]Secret
	}
	const value = "sk-live-0123456789abcdef"
	held := settings{Secret(value), map[string]Secret{"k": value}}

	var out bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.30s"} {
		fmt.Fprintf(&out, format, held)
		fmt.Fprintf(&out, format, held.Key)
		fmt.Fprintf(&out, format, &held.Key)
	}
	fmt.Fprintln(&out, held, held.Key)
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		logger.Info("panel", "key", held.Key, "settings", held)
	}
	if err := json.NewEncoder(&out).Encode(held); err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("").Parse(`<a title="{{.Key}}">{{.Key}} {{.}}</a><script>var k = {{.Key}}</script>`))
	if err := page.Execute(&out, held); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&out, fmt.Errorf("panel %v: refused", held.Key))

	for _, part := range []string{value, "0123456789ab", fmt.Sprintf("%x", value), fmt.Sprintf("%X", value), "115 107 45"} {
		if strings.Contains(out.String(), part) {
			t.Errorf("output holds %q:\n%s", part, out.String())
		}
	}
	if !strings.Contains(out.String(), "•••• cdef") {
		t.Errorf("output lacks the mask:\n%s", out.String())
	}
	if got := held.Key.Reveal(); got != value {
		t.Errorf("Reveal: got %q, want the value", got)
	}
}

func TestLast4ShowsNothingOfAShortSecret(t *testing.T) {
	for secret, want := range map[string]string{
		"":             "",
		"abcdefghijk":  "",
		"abcdefghijkl": "ijkl",
		"пароль":       "", // twelve bytes, six characters
		"şifreşifreşi": "reşi",
	} {
		if got := Last4(secret); got != want {
			t.Errorf("Last4(%q): got %q, want %q", secret, got, want)
		}
	}
	if got, want := fmt.Sprintf("%s %s", Secret("short"), Secret("")), "[secret] [secret]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASecretIsNotStoredInClear(t *testing.T) {
	got, err := driver.DefaultParameterConverter.ConvertValue(Secret("sk-live-0123456789abcdef"))
	if got != nil || !errors.Is(err, ErrClear) {
		t.Errorf("got %v, %v; want ErrClear", got, err)
	}
}
