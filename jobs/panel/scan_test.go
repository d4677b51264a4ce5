package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestNamesAreExactAndOccurOnce(t *testing.T) {
	got, err := splitObject(json.RawMessage(` { "amount" : 1 , "AMOUNT":999,"a\"}":[{"x":"]\\"}], "e":{}} `))
	if err != nil || len(got) != 4 || string(got["amount"]) != "1" || string(got[`a"}`]) != `[{"x":"]\\"}]` || string(got["e"]) != "{}" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, raw := range []string{`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`} {
		if _, err := splitObject(json.RawMessage(raw)); !errors.Is(err, errTwice) {
			t.Errorf("%s: %v, want errTwice", raw, err)
		}
	}
}

func TestBoundsOnWhatAnAnswerHolds(t *testing.T) {
	var b strings.Builder
	for i := range maxMembers + 1 {
		b.WriteString(`,"` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + joinIDs([]int64{int64(i)}) + `":0`)
	}
	if _, err := splitObject(json.RawMessage("{" + b.String()[1:] + "}")); !errors.Is(err, errTooMany) {
		t.Errorf("got %v, want errTooMany", err)
	}
	if _, err := splitArray(json.RawMessage("[0" + strings.Repeat(",0", maxElements) + "]")); !errors.Is(err, errTooMany) {
		t.Errorf("got %v, want errTooMany", err)
	}
	if got := depth(json.RawMessage(`{"a":[{"]":"[[[\""}],"b":[]}`)); got != 3 {
		t.Errorf("depth %d, want 3", got)
	}
}

// FuzzSplit compares the splitter with encoding/json on all valid JSON.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"a":1}`, ` [ 1 , "x\\" , {"]":[ ]} ] `, `{"a":{"b":"}\""},"c":-1.5e3 ,"d":null}`, `[[],{},"",0]`, "\t{\"\\u0061\" : true}\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		checkObject(t, raw)
		checkArray(t, raw)
	})
}

func checkObject(t *testing.T, raw []byte) {
	got, err := splitObject(raw)
	if errors.Is(err, errTwice) || errors.Is(err, errTooMany) || strings.Contains(string(raw), `\u0000`) {
		return
	}
	var want map[string]json.RawMessage
	wantErr := json.Unmarshal(raw, &want)
	if (err == nil) != (wantErr == nil && want != nil) || len(got) != len(want) {
		t.Fatalf("%q: got %q, %v, want %q, %v", raw, got, err, want, wantErr)
	}
	for name, value := range want {
		if !bytes.Equal(got[name], value) {
			t.Errorf("%q: %q is %q, want %q", raw, name, got[name], value)
		}
	}
}

func checkArray(t *testing.T, raw []byte) {
	got, err := splitArray(raw)
	if errors.Is(err, errTooMany) {
		return
	}
	var want []json.RawMessage
	wantErr := json.Unmarshal(raw, &want)
	if (err == nil) != (wantErr == nil && want != nil) || len(got) != len(want) {
		t.Fatalf("%q: got %q, %v, want %q, %v", raw, got, err, want, wantErr)
	}
	for i, value := range want {
		if !bytes.Equal(got[i], value) {
			t.Errorf("%q: element %d is %q, want %q", raw, i, got[i], value)
		}
	}
}
