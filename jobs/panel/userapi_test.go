package panel_test

import (
	"net/http"
	"testing"

	"masterpanel/jobs/panel"
)

func TestServicesAreRead(t *testing.T) {
	s := answering(t, http.StatusOK, `[
	  {"service":1,"name":"Followers","type":"Default","category":"First Category","rate":"0.90","min":"50","max":"10000","refill":true,"cancel":true},
	  {"service":"2","name":"Comments","type":"Custom Comments","category":"Second","rate":8,"min":10,"max":1500,"refill":"0","cancel":0,"dripfeed":true},
	  {"service":3,"name":"No rate"}]`)
	p, err := decoded(client(t, s.URL).Services(t.Context()))
	if err != nil || len(p.Items) != 3 || p.Items[2].Rate != nil || p.Items[2].Min != nil || p.Count != 3 || p.More {
		t.Fatalf("got %+v, %v", p, err)
	}
	for i, want := range []string{"1 Followers Default First Category 0.9 50 10000 true true false", "2 Comments Custom Comments Second 8 10 1500 false false true"} {
		v := p.Items[i]
		if got := line(v.ID, v.Name, v.Type, v.Category, *v.Rate, *v.Min, *v.Max, v.Refill, v.Cancel, v.DripFeed); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestStatusOfOneOrder(t *testing.T) {
	s := answering(t, http.StatusOK, `{"charge":"0.27819","start_count":"3572","status":"Partial","remains":"157","currency":"USD"}`)
	got, err := client(t, s.URL).Status(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if have, want := line(got.OrderID, got.Charge, *got.StartCount, *got.Remains, got.Status), line(7, "{0.27819 USD }", 3572, 157, "Partial"); have != want {
		t.Errorf("got %s, want %s", have, want)
	}
}

func TestStatusesOfManyOrders(t *testing.T) {
	s := answering(t, http.StatusOK, `{"1":{"charge":"0.27819","start_count":"3572","status":"Partial","remains":"157","currency":"USD"},
	  "10":{"error":"Incorrect order ID"},"100":{"status":"In progress","charge":"x"},"101":"odd","102":{},
	  "999":{"status":"Completed"}}`)
	asked := []int64{10, 1, 100, 101, 102, 103}
	got, err := client(t, s.URL).Statuses(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	want := []error{panel.ErrRefused, nil, panel.ErrShape, panel.ErrShape, panel.ErrShape, panel.ErrShape}
	for i, id := range asked {
		if got[i].OrderID != id {
			t.Errorf("result %d is about order %d, want %d", i, got[i].OrderID, id)
		}
		if want[i] == nil {
			if got[i].Err != nil || got[i].Status != "Partial" {
				t.Errorf("order %d: %+v", id, got[i])
			}
			continue
		}
		if e := asError(t, got[i].Err); e.Class != want[i] {
			t.Errorf("order %d: %v, want %v", id, e, want[i])
		}
	}
	if e := asError(t, got[0].Err); e.Words != "Incorrect order ID" {
		t.Errorf("got %q", e.Words)
	}
}

func TestNoStatusesOfPHP(t *testing.T) {
	s := answering(t, http.StatusOK, `[]`)
	got, err := client(t, s.URL).Statuses(t.Context(), []int64{1})
	if err != nil || len(got) != 1 || asError(t, got[0].Err).Class != panel.ErrShape {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRefills(t *testing.T) {
	s := answering(t, http.StatusOK, `[{"order":1,"refill":1},{"order":2,"refill":"22"},{"order":3,"refill":{"error":"Incorrect order ID"}},
	  {"order":4,"refill":0},{"order":5},{"order":6,"refill":1},{"order":6,"refill":2}]`)
	got, err := client(t, s.URL).Refills(t.Context(), []int64{1, 2, 3, 4, 5, 6, 7})
	if err != nil {
		t.Fatal(err)
	}
	want := []error{nil, nil, panel.ErrRefused, panel.ErrShape, panel.ErrShape, panel.ErrShape, panel.ErrShape}
	for i, class := range want {
		if class == nil && got[i].Err == nil {
			continue
		}
		if e := asError(t, got[i].Err); e.Class != class || got[i].RefillID != 0 {
			t.Errorf("order %d: %v, want %v", i+1, e, class)
		}
	}
	if got[0].RefillID != 1 || got[1].RefillID != 22 {
		t.Errorf("got %+v", got)
	}
	one := answering(t, http.StatusOK, `{"refill":"1"}`)
	if id, err := client(t, one.URL).Refill(t.Context(), 5); err != nil || id != 1 {
		t.Errorf("got %d, %v", id, err)
	}
}

func TestRefillStatuses(t *testing.T) {
	s := answering(t, http.StatusOK, `[{"refill":1,"status":"Completed"},{"refill":2,"status":"Rejected"},{"refill":3,"status":{"error":"Refill not found"}},{"refill":4,"status":""}]`)
	got, err := client(t, s.URL).RefillStatuses(t.Context(), []int64{1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Status != "Completed" || got[1].Status != "Rejected" {
		t.Errorf("got %+v", got)
	}
	for i, class := range map[int]error{2: panel.ErrRefused, 3: panel.ErrShape, 4: panel.ErrShape} {
		if e := asError(t, got[i].Err); e.Class != class {
			t.Errorf("refill %d: %v, want %v", i+1, e, class)
		}
	}
	one := answering(t, http.StatusOK, `{"status":"Completed"}`)
	if status, err := client(t, one.URL).RefillStatus(t.Context(), 5); err != nil || status != "Completed" {
		t.Errorf("got %q, %v", status, err)
	}
}

func TestCancelOrders(t *testing.T) {
	s := answering(t, http.StatusOK, `[{"order":9,"cancel":{"error":"Incorrect order ID"}},{"order":2,"cancel":1},{"order":3,"cancel":0},{"order":4,"cancel":"soon"}]`)
	got, err := client(t, s.URL).CancelOrders(t.Context(), []int64{9, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	if got[1].Err != nil {
		t.Errorf("order 2: %v", got[1].Err)
	}
	for i, class := range map[int]error{0: panel.ErrRefused, 2: panel.ErrRefused, 3: panel.ErrShape, 4: panel.ErrShape} {
		if e := asError(t, got[i].Err); e.Class != class {
			t.Errorf("order %d: %v, want %v", got[i].ID, e, class)
		}
	}
}

func TestBalance(t *testing.T) {
	s := answering(t, http.StatusOK, `{"balance":"100.84292","currency":"USD"}`)
	got, err := client(t, s.URL).Balance(t.Context())
	if err != nil || line(got) != "{100.84292 USD }" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUserAPIErrors(t *testing.T) {
	tests := []struct {
		status int
		body   string
		class  error
		words  string
	}{
		{200, `{"error":"Incorrect API key"}`, panel.ErrKey, "Incorrect API key"},
		{401, `{"error":"Invalid API key"}`, panel.ErrKey, "Invalid API key"},
		{403, `{"error":"no"}`, panel.ErrKey, "no"},
		{200, `{"error":"Incorrect request"}`, panel.ErrRefused, "Incorrect request"},
		{200, `{"error":"neworder.error.link","balance":"5"}`, panel.ErrRefused, "neworder.error.link"},
		{200, `{"error":{"code":5}}`, panel.ErrRefused, ""},
		{200, `{"error":true}`, panel.ErrRefused, ""},
		{404, `{"data":[],"error_message":"Page not found.","error_code":100}`, panel.ErrRefused, "Page not found."},
		{429, `{"error":"slow down"}`, panel.ErrLimited, "slow down"},
		{500, `{"error":"oops"}`, panel.ErrDown, "oops"},
		{200, `{}`, panel.ErrShape, "the balance: balance: missing"},
		{200, `[]`, panel.ErrShape, "the balance: not an object"},
		{200, `5`, panel.ErrShape, "the answer cannot be used: not an object"},
		{200, `{"error":"a","error":"b"}`, panel.ErrShape, "the answer cannot be used: a name occurs twice"},
		{200, ``, panel.ErrShape, "the answer cannot be used: it is empty"},
	}
	for _, tt := range tests {
		s := answering(t, tt.status, tt.body)
		_, err := client(t, s.URL).Balance(t.Context())
		if e := asError(t, err); e.Class != tt.class || e.Words != tt.words || !e.Sent {
			t.Errorf("%d %s: %v, want %v %q", tt.status, tt.body, err, tt.class, tt.words)
		}
	}
	for _, none := range []string{`null`, `""`, `false`, `0`, `[]`, `{}`} {
		s := answering(t, http.StatusOK, `{"error":`+none+`,"balance":"5","currency":"USD"}`)
		if _, err := client(t, s.URL).Balance(t.Context()); err != nil {
			t.Errorf("error %s: %v", none, err)
		}
	}
}

func TestUserAPIListsThatAreNoLists(t *testing.T) {
	for _, body := range []string{`{}`, `{"1":1}`, `[5]`, `[{}]`, `[{"order":"x"}]`} {
		s := answering(t, http.StatusOK, body)
		_, err := client(t, s.URL).Refills(t.Context(), []int64{1})
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
			t.Errorf("%s: %v, want ErrShape", body, err)
		}
	}
	s := answering(t, http.StatusOK, `{"services":[]}`)
	_, err := client(t, s.URL).Services(t.Context())
	if e := asError(t, err); e.Class != panel.ErrShape {
		t.Errorf("got %v, want ErrShape", err)
	}
}
