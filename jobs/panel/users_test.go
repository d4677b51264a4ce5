package panel_test

import (
	"net/http"
	"testing"

	"masterpanel/jobs/panel"
)

func TestUsersAreRead(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":2,"list":[{
	  "id":17,"username":"customer1","email":"c1@example.com",
	  "balance":{"value":"12.50","currency_code":"USD","formatted":"$12.50"},
	  "spent":{"value":"340.00","currency_code":"USD","formatted":"$340.00"},
	  "status":"active","created":"2024-01-01 10:00:00","created_timestamp":1704103200,
	  "last_auth":null,"last_auth_timestamp":null,"discount":{"formatted":"5%"},
	  "custom_rates":[{"service_id":171,"service_name":"Likes","custom_rate":"0.9","percent":0},
	                  {"service_id":172,"custom_rate":80,"percent":1},{"service_id":173}]},
	  {"id":18,"username":"customer2","custom_rates":{"171":1},"discount":[],"last_auth_timestamp":1704103200}]}`))
	p, err := decoded(client(t, s.URL).Users(t.Context(), panel.UserQuery{}))
	if err != nil || len(p.Items) != 2 {
		t.Fatalf("got %+v, %v", p, err)
	}
	u, v := p.Items[0], p.Items[1]
	got := line(u.ID, u.Username, u.Email, *u.Balance, *u.Spent, u.Status, u.Created.Unix(), u.LastAuth.IsZero(), u.Discount, len(u.CustomRates), len(u.BadRates))
	if want := line(17, "customer1", "c1@example.com", "{12.5 USD $12.50}", "{340 USD $340.00}", "active", 1704103200, true, "5%", 2, 1); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	fixed, share := u.CustomRates[0], u.CustomRates[1]
	got = line(fixed.ServiceID, fixed.ServiceName, fixed.Rate, fixed.Percent, share.ServiceID, share.Rate, share.Percent)
	if want := line(171, "Likes", "0.9", false, 172, 80, true); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v.ID != 18 || len(v.CustomRates) != 0 || len(v.BadRates) != 1 || v.Discount != "" || v.Balance != nil || line(v.Misread) != "[discount custom_rates]" || v.LastAuth.Unix() != 1704103200 {
		t.Errorf("got %+v", v)
	}
}

func TestAddUserAnswers(t *testing.T) {
	for data, want := range map[string]int64{`{"id":4,"username":"u"}`: 4, `{"user_id":"5","email":"U@x.example"}`: 5, `{"username":"u"}`: 0, `{"id":6,"user":{"username":"U"}}`: 6} {
		s := answering(t, http.StatusOK, ok(data))
		got, err := client(t, s.URL).AddUser(t.Context(), panel.UserNew{Username: "u", Email: "u@x.example"})
		if err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", data, got, err, want)
		}
	}
	for _, data := range []string{`{"id":"x"}`, `[]`, `{}`, `{"id":4}`, `{"count":0,"list":[]}`, `{"id":4,"username":"other"}`, `{"username":"u","email":"other@x.example"}`} {
		s := answering(t, http.StatusOK, ok(data))
		_, err := client(t, s.URL).AddUser(t.Context(), panel.UserNew{Username: "u", Email: "u@x.example"})
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
			t.Errorf("%s: got %v, want ErrShape", data, err)
		}
	}
}
