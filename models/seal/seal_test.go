package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const row = "panels:7:admin_key"

func testKey(tb testing.TB, fill byte) Key {
	tb.Helper()
	key, err := ParseKey(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32)))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func mustSeal(tb testing.TB, box *Box, plain, context string) []byte {
	tb.Helper()
	sealed, err := box.Seal([]byte(plain), context)
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

func TestOpenGivesBackWhatWasSealed(t *testing.T) {
	box := New(testKey(t, 1))
	for _, plain := range []string{"", "k", "an-admin-api-key", strings.Repeat("x", 4096), "\x00\xff"} {
		got, err := box.Open(mustSeal(t, box, plain, row), row)
		if err != nil || string(got) != plain {
			t.Errorf("got %q, %v; want %q", got, err, plain)
		}
	}
}

func TestTheSameSecretNeverSealsToTheSameBytes(t *testing.T) {
	box := New(testKey(t, 1))
	first, second := mustSeal(t, box, "secret", row), mustSeal(t, box, "secret", row)
	if bytes.Equal(first, second) {
		t.Errorf("sealed twice: both %x", first)
	}
	if bytes.Contains(first, []byte("secret")) {
		t.Errorf("sealed value %x holds the plain text", first)
	}
}

func TestASealedValueDoesNotOpenInAnotherRow(t *testing.T) {
	box := New(testKey(t, 1))
	sealed := mustSeal(t, box, "secret", row)
	for _, other := range []string{"", "panels:8:admin_key", "panels:7:services_api_key", row + " "} {
		if _, err := box.Open(sealed, other); !errors.Is(err, ErrTampered) {
			t.Errorf("context %q: got %v, want ErrTampered", other, err)
		}
	}
}

func TestEveryAlteredBitIsNoticed(t *testing.T) {
	box := New(testKey(t, 1))
	sealed := mustSeal(t, box, "secret", row)
	for i := range sealed {
		for bit := range 8 {
			altered := bytes.Clone(sealed)
			altered[i] ^= 1 << bit
			want := ErrTampered
			switch {
			case i == 0:
				want = ErrVersion
			case i < headerSize:
				want = ErrUnknownKey
			}
			if _, err := box.Open(altered, row); !errors.Is(err, want) {
				t.Errorf("byte %d bit %d: got %v, want %v", i, bit, err, want)
			}
		}
	}
	for n := range sealed {
		if _, err := box.Open(sealed[:n], row); !errors.Is(err, ErrTampered) {
			t.Errorf("cut to %d bytes: got %v, want ErrTampered", n, err)
		}
	}
}

func TestKeysTurn(t *testing.T) {
	before, after := testKey(t, 1), testKey(t, 2)
	old := New(before)
	sealed := mustSeal(t, old, "secret", row)

	turned := New(after, before)
	got, err := turned.Open(sealed, row)
	if err != nil || string(got) != "secret" {
		t.Fatalf("new box: got %q, %v; want what the old key sealed", got, err)
	}
	resealed := mustSeal(t, turned, "secret", row)
	if turned.Current(sealed) || !turned.Current(resealed) || !old.Current(sealed) {
		t.Errorf("current: old value %v, re-sealed %v, old value in old box %v; want false, true, true",
			turned.Current(sealed), turned.Current(resealed), old.Current(sealed))
	}
	if _, err := old.Open(resealed, row); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("old box with the new key's value: got %v, want ErrUnknownKey", err)
	}
	if turned.Current(nil) || turned.Current(resealed[:headerSize]) {
		t.Error("a cut value passes for current: want it reported for re-sealing")
	}
}

// The format is stored on disk: a later release must still open this value.
func TestFormatOneStaysReadable(t *testing.T) {
	const want = "0135176177c03ff0d7" + // version, key id
		"070707070707070707070707070707070707070707070707" +
		"fa43e48cd8a431683e8060cf33f43db3aacb4ee50032"
	box := New(testKey(t, 1))
	box.random = strings.NewReader(strings.Repeat("\x07", 24))
	if got := hex.EncodeToString(mustSeal(t, box, "golden", row)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	sealed, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := New(testKey(t, 1)).Open(sealed, row); string(got) != "golden" {
		t.Errorf("opened %q, %v; want golden", got, err)
	}
}

func TestSealReportsBrokenRandomness(t *testing.T) {
	box := New(testKey(t, 1))
	box.random = strings.NewReader("short")
	if sealed, err := box.Seal([]byte("secret"), row); err == nil {
		t.Errorf("got %x, want an error", sealed)
	}
}

func TestParseKeyTakesExactly32BytesOfBase64(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 32))
	if _, err := ParseKey(" " + good + "\n"); err != nil {
		t.Errorf("got %v, want a key", err)
	}
	for text, want := range map[string]string{
		"":     "empty",
		"\n ":  "empty",
		"a b!": "not standard base64",
		base64.StdEncoding.EncodeToString(make([]byte, 31)): "31 bytes",
		base64.StdEncoding.EncodeToString(make([]byte, 33)): "33 bytes",
		base64.StdEncoding.EncodeToString(make([]byte, 64)): "64 bytes",
		strings.Repeat("ab", 32):                            "48 bytes", // hex of 32 bytes is also valid base64
	} {
		_, err := ParseKey(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseKey(%q): got %v, want an error about %q", text, err, want)
		}
		if err != nil && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("ParseKey(%q): error repeats the key: %v", text, err)
		}
	}
}

func TestAKeyPrintsAsItsID(t *testing.T) {
	around := struct{ Key Key }{testKey(t, 0x41)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		got := fmt.Sprintf(format, around)
		if !strings.Contains(got, "[key ") || strings.Contains(got, "AAAA") || strings.Contains(got, "4141") || strings.Contains(got, "65 65") {
			t.Errorf("%s: got %s, want only the id", format, got)
		}
	}
}

// FuzzOpen checks that no bytes crash Open, that its errors are the three named ones, and that no value opens that this
// Box did not seal.
func FuzzOpen(f *testing.F) {
	box := New(testKey(f, 1), testKey(f, 2))
	box.random = strings.NewReader(strings.Repeat("\x07", 24)) // the fuzzer's processes must agree on the genuine value
	genuine := mustSeal(f, box, "secret", row)
	f.Add(genuine, row)
	f.Add(genuine, "elsewhere")
	f.Add([]byte{}, "")
	f.Add(genuine[:headerSize], row)
	f.Fuzz(func(t *testing.T, sealed []byte, context string) {
		plain, err := box.Open(sealed, context)
		if err == nil && !(bytes.Equal(sealed, genuine) && context == row) {
			t.Fatalf("opened %x in %q to %q", sealed, context, plain)
		}
		if err != nil && !errors.Is(err, ErrTampered) && !errors.Is(err, ErrUnknownKey) && !errors.Is(err, ErrVersion) {
			t.Fatalf("got an error without a meaning: %v", err)
		}
	})
}
