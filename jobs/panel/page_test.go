package panel_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"masterpanel/jobs/panel"
)

func TestPagesInEveryForm(t *testing.T) {
	row := `{"id":1}`
	tests := []struct {
		name, body         string
		rows, limit, count int
		more               bool
	}{
		{"pagination on top", `{"data":{"count":2,"list":[` + row + `,` + row + `]},"pagination":{"limit":2,"offset":0},"error_message":"","error_code":0}`, 2, 2, 2, true},
		{"pagination inside data", `{"data":{"count":2,"list":[` + row + `,` + row + `],"pagination":{"limit":"2"}},"error_code":0}`, 2, 2, 2, true},
		{"no pagination", ok(`{"count":1,"list":[` + row + `]}`), 1, 2, 1, false},
		{"full page", ok(`{"count":2,"list":[` + row + `,` + row + `]}`), 2, 2, 2, true},
		{"smaller limit of the panel", `{"data":{"count":1,"list":[` + row + `]},"pagination":{"limit":1}}`, 1, 1, 1, true},
		{"larger limit of the panel", `{"data":{"count":1,"list":[` + row + `]},"pagination":{"limit":100}}`, 1, 2, 1, false},
		{"unreadable pagination", `{"data":{"count":1,"list":[` + row + `]},"pagination":{"limit":{}}}`, 1, 2, 1, false},
		{"count in quotes", ok(`{"count":"57","list":[]}`), 0, 2, 57, false},
		{"no count", ok(`{"list":[]}`), 0, 2, 0, false},
		{"data is an empty list", ok(`[]`), 0, 2, 0, false},
		{"data is the list", ok(`[` + row + `]`), 1, 2, 0, false},
		{"null codes", `{"data":{"count":0,"list":[]},"error_message":null,"error_code":null}`, 0, 2, 0, false},
		{"no codes", `{"data":{"count":0,"list":[]}}`, 0, 2, 0, false},
		{"empty code", `{"data":{"count":0,"list":[]},"error_code":""}`, 0, 2, 0, false},
		{"code in quotes", `{"data":{"count":0,"list":[]},"error_code":"0"}`, 0, 2, 0, false},
		{"byte order mark", "\xef\xbb\xbf \n" + ok(`[]`), 0, 2, 0, false},
		{"other names", `{"x":"}]\"{","data":{"list":[],"count":0},"y":[{"z":null}]}`, 0, 2, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := answering(t, http.StatusOK, tt.body)
			p, err := decoded(client(t, s.URL).Tickets(t.Context(), panel.TicketQuery{Limit: 2, Offset: 4}))
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(len(p.Items), p.Limit, p.Count, p.More, p.Offset, len(p.Bad))
			if want := fmt.Sprint(tt.rows, tt.limit, tt.count, tt.more, 4, 0); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestListsThatAreNoLists(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `5`, `"text"`, `null`, `{`, `{"data":{"count":0,"list":[]}`, `{"data":{"count":0,"list":[]}} trailing`,
		`{"data":null}`, `{"data":5}`, `{"data":{}}`, `{"data":{"list":null}}`, `{"data":{"list":{}}}`, `{"data":{"list":"[]"}}`,
		`{"data":{"list":[],"count":"many"}}`, `{"data":{"list":[],"list":[]}}`, `{"Data":{"list":[]}}`, `{"DATA":[]}`,
		`{"data":{"list":[]},"error_code":0,"error_code":0}`, `{"data":{"list":[]},"error_code":"bad_auth"}`, `{"data":{"list":[]},"error_code":{}}`,
		`{"status":"success","orders":[]}`, ``, `   `, "\x00", `{"data":{"list":[` + strings.Repeat("0,", 60_000) + `0]}}`,
		`{"data":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	} {
		s := answering(t, http.StatusOK, body)
		_, err := client(t, s.URL).Tickets(t.Context(), panel.TicketQuery{})
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent || e.Status != 200 {
			t.Errorf("%.60q: %v, want ErrShape", body, err)
		}
	}
}

func TestIDsAreSeenWithoutDecoding(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":9,"list":[{"id":7,"id":8},{"user":{"id":1},"payment_id":"9"},{ "name":"x\"","service" : 5 },
		{},{"ID":7},{"id":-1},"junk",[{"id":3}],{"a":[1,{"id":2}],"id":4,"broken":{}}]}`))
	p, err := client(t, s.URL).Orders(t.Context(), panel.OrderQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.IDs()), "[7 9 5 0 0 0 0 0 4]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
