package panel_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel"
)

const orderSample = `{
  "id":550039,"external_id":"88120455","user":"customer1","creation_type":"new_order_form",
  "charge":{"value":"5.00","currency_code":"USD","formatted":"$5.00"},
  "provider_charge":{"value":"3.10","currency_code":"USD","formatted":"$3.10"},
  "provider_currency_charge":{"value":"3.10","currency_code":"EUR","formatted":"€3.10"},
  "link":"https://instagram.com/p/abc","order_buttons":[],
  "start_count":1200,"quantity":1000,"service_id":171,"service_type":"default",
  "service_name":"Instagram Likes","provider":"provider.example","status":"in_progress",
  "remains":400,"is_autocomplete":false,"is_active_autocomplete":true,
  "created":"2025-03-01 12:00:00","created_timestamp":1740830400,
  "last_update":"2025-03-01 13:00:00","last_update_timestamp":1740834000,
  "provider_response":{"status":"In progress"},
  "actions":{"refill":true,"resend":false,"change_status":["completed"]},
  "mode":"auto","ip_address":"203.0.113.7"}`

const pulledSample = `{"id":906386,"external_id":null,"user":"customer1","creation_type":"api",
   "charge":{"value":"0.03","currency_code":"USD"},
   "link":"https://www.instagram.com/target_user","start_count":null,
   "quantity":100,"service_id":170,"service_type":"default",
   "service_name":"Instagram Followers [App Data]","status":"pending","remains":100}`

func TestOrderIsReadWhole(t *testing.T) {
	s := answering(t, http.StatusOK, ok(orderSample))
	o, err := client(t, s.URL).Order(t.Context(), 550039)
	if err != nil {
		t.Fatal(err)
	}
	got := line(o.ID, o.ExternalID, o.User, o.CreationType, *o.Charge, *o.ProviderCharge, *o.ProviderCurrencyCharge, o.Link, string(o.Buttons),
		*o.StartCount, *o.Quantity, o.ServiceID, o.ServiceType, o.ServiceName, o.Provider, o.Status, *o.Remains, o.IsAutocomplete, o.IsActiveAutocomplete,
		o.Created.Format(time.RFC3339), o.LastUpdate.Format(time.RFC3339), o.Mode, o.IPAddress, o.Actions, string(o.ProviderResponse))
	want := line(550039, "88120455", "customer1", "new_order_form", "{5 USD $5.00} {3.1 USD $3.10} {3.1 EUR €3.10}", "https://instagram.com/p/abc", "[]",
		1200, 1000, 171, "default", "Instagram Likes", "provider.example", "in_progress", 400, false, true,
		"2025-03-01T12:00:00Z", "2025-03-01T13:00:00Z", "auto", "203.0.113.7", "map[refill:true resend:false]", `{"status":"In progress"}`)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !bytes.Equal(o.Raw, []byte(orderSample)) {
		t.Error("Raw is not the record as received")
	}
}

func TestPulledOrderWithoutOptionalFields(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":1,"list":[`+pulledSample+`]}`))
	p, err := decoded(client(t, s.URL).PullOrders(t.Context(), nil, 0))
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	o := p.Items[0]
	if o.StartCount != nil || o.ExternalID != "" || o.ProviderCharge != nil || !o.Created.IsZero() || o.Charge.Amount.String() != "0.03" || *o.Remains != 100 {
		t.Errorf("got %+v", o)
	}
}

// TestOrderFieldsInOtherForms checks that the client reads each form that a panel is known to send, and rejects forms
// that it could only guess at.
func TestOrderFieldsInOtherForms(t *testing.T) {
	read := func(t *testing.T, fields string) (whole[panel.Order], error) {
		s := answering(t, http.StatusOK, ok(`{"count":1,"list":[{`+fields+`}]}`))
		return decoded(client(t, s.URL).Orders(t.Context(), panel.OrderQuery{}))
	}
	good := []struct{ fields, got, want string }{
		{`"id":"7"`, "id", "7"},
		{`"id":7,"external_id":88120455`, "external", "88120455"},
		{`"id":7,"user":{"id":1,"username":"customer1"}`, "user", "customer1"},
		{`"id":7,"charge":{"value":0.1,"currency_code":"USD"}`, "charge", "0.1"},
		{`"id":7,"charge":"0.10"`, "charge", "0.1"},
		{`"id":7,"charge":123456789012345678901.123456789`, "charge", "123456789012345678901.123456789"},
		{`"id":7,"charge":1.0E-5`, "charge", "0.00001"},
		{`"id":7,"charge":null`, "charge", "unknown"},
		{`"id":7,"charge":{"value":null,"currency_code":"USD"}`, "charge", "unknown"},
		{`"id":7,"charge":{"value":"1.5","currency_code":["USD"]}`, "charge", "1.5"},
		{`"id":7,"charge":{"value":"1","VALUE":"999","Value":999}`, "charge", "1"},
		{`"id":7,"ID":9`, "id", "7"},
		{`"id":7,"start_count":"1200"`, "start", "1200"},
		{`"id":7,"start_count":""`, "start", "none"},
		{`"id":7,"created_timestamp":"1740830400"`, "created", "2025-03-01 12:00:00 +0000 UTC"},
		{`"id":7,"created_timestamp":0`, "created", "0001-01-01 00:00:00 +0000 UTC"},
		{`"id":7,"created_timestamp":1740830400000`, "created", "2025-03-01 12:00:00 +0000 UTC"},
		{`"id":7,"created_timestamp":1740830400.75`, "created", "2025-03-01 12:00:00 +0000 UTC"},
		{`"id":7,"created":"2025-03-01T14:00:00+02:00"`, "created", "2025-03-01 12:00:00 +0000 UTC"},
		{`"id":7,"created_timestamp":"soon","created":1740830400`, "created", "2025-03-01 12:00:00 +0000 UTC"},
		{`"id":7,"start_count":"1200.0"`, "start", "1200"},
		{`"id":7,"start_count":1.2e3`, "start", "1200"},
		{`"id":7.0`, "id", "7"},
		{`"id":7,"user":"customer1","user":"customer2"`, "user", ""},
		{`"id":7,"user":{"id":1,"name":"customer1"}`, "user", "customer1"},
		{`"id":7,"status":{"name":"completed","code":2}`, "status", "completed"},
		{`"id":7,"is_autocomplete":"Yes"`, "auto", "true"},
		{`"id":7,"link":"cut\ud83d"`, "link", "cut\uFFFD"},
		{`"id":7,"link":"a` + "\x00\xff\t" + `b"`, "link", "a\uFFFD\uFFFD\tb"},
		{`"id":7,"k\ud83dey":1,"link":"x"`, "link", "x"},
		{`"id":7,"status":"In progress"`, "status", "in_progress"},
		{`"id":7,"status":"cancelled"`, "status", "canceled"},
		{`"id":7,"status":"failed"`, "status", "fail"},
		{`"id":7,"status":"awaiting"`, "status", "awaiting"},
		{`"id":7,"is_autocomplete":"1"`, "auto", "true"},
		{`"id":7,"link":"a\u0000b"`, "link", "a\uFFFDb"},
	}
	for _, tt := range good {
		p, err := read(t, tt.fields)
		if err != nil || len(p.Items) != 1 {
			t.Errorf("%s: %+v, %v", tt.fields, p, err)
			continue
		}
		o, start, charge := p.Items[0], "none", "unknown"
		if o.Charge != nil {
			charge = o.Charge.Amount.String()
		}
		if o.StartCount != nil {
			start = fmt.Sprint(*o.StartCount)
		}
		got := map[string]string{"id": fmt.Sprint(o.ID), "external": o.ExternalID, "user": o.User, "charge": charge, "start": start,
			"created": o.Created.String(), "status": o.Status, "auto": fmt.Sprint(o.IsAutocomplete), "link": o.Link}[tt.got]
		if got != tt.want {
			t.Errorf("%s: %s = %s, want %s", tt.fields, tt.got, got, tt.want)
		}
	}
	for _, fields := range []string{
		``, `"id":null`, `"id":0`, `"id":-1`, `"id":1.5`, `"id":true`, `"id":[]`, `"id":99999999999999999999`, `"ID":7`,
		`"id":7,"id":8`, `"id":7,"\u0069d":8`,
	} {
		p, err := read(t, fields)
		if err != nil || len(p.Bad) != 1 || len(p.Items) != 0 {
			t.Errorf("{%s}: %d items, %d bad, %v, want one bad record", fields, len(p.Items), len(p.Bad), err)
		}
	}
}

func TestAMemberThatIsNotUnderstoodIsNamedAndCostsNothingElse(t *testing.T) {
	for fields, misread := range map[string]string{
		`"charge":{"value":"1","value":"999"}`: "charge.value", `"charge":"1,000.00"`: "charge", `"charge":"$1"`: "charge", `"charge":"NaN"`: "charge",
		`"charge":1e999999999`: "charge", `"charge":[]`: "charge", `"charge":true`: "charge", `"charge":{"value":{}}`: "charge.value",
		`"created_timestamp":-1`: "created_timestamp", `"created_timestamp":"yesterday"`: "created_timestamp", `"created":"2025-03-01 12:00:00"`: "created",
		`"quantity":"many"`: "quantity", `"quantity":1e30`: "quantity", `"remains":1.5`: "remains", `"link":{}`: "link", `"link":false`: "link",
		`"is_autocomplete":"perhaps"`: "is_autocomplete", `"user":{"id":"x","username":[]}`: "user.id user.username", `"user":{"id":7}`: "user.username",
		`"link":` + strings.Repeat("[", 70) + strings.Repeat("]", 70): "link", `"status":1,"status":2`: "status", `"mode":["auto"]`: "mode",
		`"x":[[[[{}]]]],"y":1e999`: "",
	} {
		s := answering(t, http.StatusOK, ok(`{"count":1,"list":[{"id":7,"external_id":"88",`+fields+`}]}`))
		p, err := decoded(client(t, s.URL).Orders(t.Context(), panel.OrderQuery{}))
		if err != nil || len(p.Items) != 1 || p.Items[0].ID != 7 || p.Items[0].ExternalID != "88" {
			t.Errorf("{%s}: %+v, %v, want the order", fields, p, err)
			continue
		}
		if got := strings.Join(p.Items[0].Misread, " "); got != misread {
			t.Errorf("{%s}: misread %q, want %q", fields, got, misread)
		}
	}
}

func TestOneBadRecordCostsOnlyItself(t *testing.T) {
	bad := `{"id":"secret customer text","order_id":8}`
	s := answering(t, http.StatusOK, ok(`{"count":4,"list":[`+pulledSample+`,`+bad+`,"junk",`+orderSample+`]}`))
	p, err := decoded(client(t, s.URL).Orders(t.Context(), panel.OrderQuery{Limit: 4}))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Items) != 2 || p.Items[0].ID != 906386 || p.Items[1].ID != 550039 || len(p.Bad) != 2 || !p.More {
		t.Fatalf("got %+v", p)
	}
	b := p.Bad[0]
	if b.ID == nil || *b.ID != 8 || string(b.Raw) != bad || b.Err.Error() != "id: not a whole number" {
		t.Errorf("got %s, %v, %v", b.Raw, b.ID, b.Err)
	}
	if p.Bad[1].ID != nil || string(p.Bad[1].Raw) != `"junk"` {
		t.Errorf("got %+v", p.Bad[1])
	}
}

func TestAnotherOrderThanAskedForIsNotBelieved(t *testing.T) {
	s := answering(t, http.StatusOK, ok(orderSample))
	_, err := client(t, s.URL).Order(t.Context(), 1)
	if e := asError(t, err); e.Class != panel.ErrShape {
		t.Errorf("got %v, want ErrShape", err)
	}
}

func TestOrderActionsOfPHP(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"id":1,"actions":[],"provider_response":null}`))
	o, err := client(t, s.URL).Order(t.Context(), 1)
	if err != nil || len(o.Actions) != 0 || o.ProviderResponse != nil {
		t.Errorf("got %+v, %v", o, err)
	}
}
