package panel_test

import (
	"net/http"
	"testing"

	"masterpanel/jobs/panel"
)

func TestPaymentsAreRead(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"count":1,"list":[{"payment_id":31,"user":{"id":17,"username":"customer1","balance":{"value":"9.99","currency_code":"USD"}},
	  "amount":{"value":"10.005","currency_code":"USD","formatted":"$10.01"},"method":"PayPal ","status":"completed","memo":null,
	  "created":"2025-03-01 12:00:00","created_timestamp":1740830400,"last_update_timestamp":1740830401,"mode":"auto"}]}`))
	p, err := decoded(client(t, s.URL).Payments(t.Context(), panel.PaymentQuery{}))
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	m := p.Items[0]
	got := line(m.ID, m.UserID, m.Username, *m.Balance, *m.Amount, m.Method+"|", m.Status, m.Memo+"|", m.Mode, m.Created.Unix(), m.LastUpdate.Unix())
	if want := line(31, 17, "customer1", "{9.99 USD }", "{10.005 USD $10.01}", "PayPal |", "completed", "|", "auto", 1740830400, 1740830401); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAFraudRiskThatIsAnObjectIsRead(t *testing.T) {
	for risk, want := range map[string]string{`{"level":"low","score":3}`: "low []", `"high"`: "high []", `3`: "3 []", `{"score":3}`: " [fraud_risk]", `["low"]`: " [fraud_risk]"} {
		s := answering(t, http.StatusOK, ok(`{"list":[{"payment_id":"x","id":31,"fraud_risk":`+risk+`}]}`))
		p, err := decoded(client(t, s.URL).Payments(t.Context(), panel.PaymentQuery{}))
		if err != nil || len(p.Items) != 1 || p.Items[0].ID != 31 || p.Items[0].Amount != nil {
			t.Errorf("%s: %+v, %v, want the payment", risk, p, err)
		} else if got := p.Items[0].Risk + " " + line(p.Items[0].Misread); got != want {
			t.Errorf("%s: got %q, want %q", risk, got, want)
		}
	}
}

func TestReceiptOfAPayment(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"payment_id":31,"user":{"username":"customer1","balance":{"value":"22.5","currency_code":"USD"}},
	  "amount":{"value":"10","VALUE":"999","currency_code":"USD"},"AMOUNT":{"value":"999"},"memo":"ref 7"}`))
	r, err := client(t, s.URL).AddPayment(t.Context(), payment("10"))
	if err != nil {
		t.Fatal(err)
	}
	got := line(r.ID, r.Username, *r.Balance, *r.Amount, r.Memo)
	if want := line(31, "customer1", "{22.5 USD }", "{10 USD }", "ref 7"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAReceiptThatCannotBeReadLeavesThePaymentOpen(t *testing.T) {
	for _, data := range []string{`[]`, `null`, `5`, `{"payment_id":"x"}`, `{"payment_id":1,"amount":{"value":"1","value":"999"}}`} {
		s := answering(t, http.StatusOK, ok(data))
		_, err := client(t, s.URL).AddPayment(t.Context(), payment("10"))
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
			t.Errorf("%s: %v, want ErrShape, sent", data, err)
		}
	}
}
