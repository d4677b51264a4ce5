package panel

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// tamed returns b with blanks in place of the control characters in its strings, which json.Valid rejects.
func tamed(b []byte) []byte {
	out, quoted := slices.Clone(b), false
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			quoted = !quoted
		case quoted && out[i] == '\\':
			i++
		case quoted && out[i] < ' ':
			out[i] = ' '
		}
	}
	return out
}

// FuzzValid compares valid with json.Valid: they must agree on all input except control characters in strings.
func FuzzValid(f *testing.F) {
	for _, s := range []string{
		``, ` `, `{}`, `[]`, `{"a":[1,-2.5e+3,0,true,false,null,"x\u00e9\n\"\\"]} `, `[1,]`, `{"a"}`, `{"a":1,}`, `{,}`, `[,]`, `{1:2}`, `{"a" : 1 , "b" : [ ] }`,
		`01`, `-`, `-0`, `1.`, `.5`, `1e`, `1e+`, `1E5`, `0.10`, `--1`, `tru`, `nul`, `True`, `"\u12g4"`, `"\x"`, `"`, `"\`, `"\u1`, "\"\t\"", "\"\x7f\xff\"", `[1 2]`,
		`{"a":1 "b":2}`, `{]`, `[}`, `1 2`, "\xef\xbb\xbf1", "\x00", `[[`, strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999),
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), strings.Repeat(`{"a":`, 20_000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := valid(b), json.Valid(tamed(b)); got != want {
			t.Errorf("%.200q: got %v, want %v", b, got, want)
		}
	})
}
