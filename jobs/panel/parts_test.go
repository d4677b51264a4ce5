package panel

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzParts compares the parts that validation records with the parts that a later split finds.
func FuzzParts(f *testing.F) {
	for _, s := range []string{
		`{"data":{"count":1,"list":[{"id":1,"list":[2]},[],3 ]},"pagination":{"limit":1}}`, ` {"data" : [ {"data":[1]} , "x" ] } `,
		`{"d\u0061ta":{"list":[1]}}`, `{"data":{"l\u0069st":[1],"list":[2]}}`, `{"data":5,"data":{"list":[1]}}`, `{"data":{"list":[1]},"data":{"list":[2]}}`,
		`{"data":{"list":[1],"list":{}}}`, `{"data":{"list":{"a":1,"a":2}}}`, `{"data":{}}`, `{"data":[]}`, `{"data":null}`, `[{"data":[1]}]`, `"data"`, `{"data":[1}`, `{`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		all := answerParts()
		if got, want := validInto(raw, all), json.Valid(raw); got != want {
			t.Fatalf("%.200q: valid %v, want %v", raw, got, want)
		} else if !got {
			return
		}
		if fields := sameParts(t, all, raw); fields != nil {
			if data := sameParts(t, all.inner, fields["data"]); data != nil {
				sameParts(t, all.inner.inner, data["list"])
			}
		}
	})
}

// sameParts compares a value's recorded parts with its real ones. It returns the members, or nil if the value is not
// a readable object.
func sameParts(t *testing.T, noted *parts, raw json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	members, err := noted.members(raw)
	if want, wantErr := splitObject(raw); !reflect.DeepEqual(members, want) || !errors.Is(err, wantErr) {
		t.Fatalf("%.200q: members %q, %v, want %q, %v", raw, members, err, want, wantErr)
	}
	elements, err := noted.elements(raw)
	want, wantErr := splitArray(raw)
	if len(elements) != len(want) || !errors.Is(err, wantErr) {
		t.Fatalf("%.200q: elements %q, %v, want %q, %v", raw, elements, err, want, wantErr)
	}
	for i := range want {
		if string(elements[i]) != string(want[i]) {
			t.Fatalf("%.200q: element %d is %q, want %q", raw, i, elements[i], want[i])
		}
	}
	return members
}

func TestWhatIsNotedOfAnAnswerIsBounded(t *testing.T) {
	for raw, want := range map[string]int{
		`{"data":{"list":[0` + strings.Repeat(",0", 2*maxElements) + `]}}`: maxElements + 1,
		`{"data":[0` + strings.Repeat(",0", 2*maxElements) + `]}`:          maxElements + 1,
		`{"data":{"a":0` + strings.Repeat(`,"a":0`, 2*maxMembers) + `}}`:   maxMembers + 1,
	} {
		all := answerParts()
		if !validInto([]byte(raw), all) {
			t.Fatalf("%.30s is not valid", raw)
		}
		if got := max(len(all.inner.values), len(all.inner.inner.values)); got != want {
			t.Errorf("%.30s: %d parts were noted, want %d", raw, got, want)
		}
		fields, err := all.members([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		sameParts(t, all.inner, fields["data"])
	}
}
