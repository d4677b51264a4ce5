package jobs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
)

// halves holds records with half a surrogate pair or U+0000, as a panel that truncates texts sends them.
const halves = `[
  {"endpoint": "GET /orders", "row": {"id": 102555, "link": "https://instagram.com/cut\ud83d"}},
  {"endpoint": "GET /orders", "row": {"id": 102554, "link": "https://instagram.com/a\u0000b"}},
  {"endpoint": "GET /tickets", "row": {"id": 411, "subject": "cut \ud83d emoji"}},
  {"endpoint": "GET /payments", "row": {"payment_id": 3048, "memo": "cut \ud83d"}},
  {"endpoint": "GET /users", "row": {"id": 74, "username": "cut\ud83d"}}]`

func TestARecordWithHalfACharacterIsListed(t *testing.T) {
	t.Parallel()
	on := &stage{bodies: map[string]string{}}
	b := newBench(t, func(o *Options) { o.Transport = on })
	s := b.shop("alpha", 0)
	var cases []struct {
		Endpoint string
		Row      json.RawMessage
	}
	if err := json.Unmarshal([]byte(halves), &cases); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, c := range cases {
		path := "/adminapi/v2" + strings.TrimPrefix(c.Endpoint, "GET ")
		rows[path] = append(rows[path], string(c.Row))
	}
	for path, records := range rows {
		on.bodies[path] = `{"data":{"count":1,"list":[` + strings.Join(records, ",") + `]},"error_code":0}`
	}
	on.bodies["/adminapi/v2/tickets/411"] = `{"data":{"id":411,"subject":"cut \ud83d emoji","messages":[{"message":"half \ud83d","sender_name":"anna"}]},"error_code":0}`
	b.sync()
	for query, want := range map[string]string{
		"SELECT string_agg(link, ' ' ORDER BY id DESC) FROM orders":  "https://instagram.com/cut\uFFFD https://instagram.com/a\uFFFDb",
		"SELECT raw ->> 'link' FROM orders WHERE id = 102555":        "https://instagram.com/cut\uFFFD",
		"SELECT subject || ' ' || queue FROM tickets WHERE id = 411": "cut \uFFFD emoji waiting",
		"SELECT body FROM ticket_messages":                           "half \uFFFD",
		"SELECT memo FROM payments WHERE id = 3048":                  "cut \uFFFD",
		"SELECT username FROM users WHERE id = 74":                   "cut\uFFFD",
		"SELECT count(*)::text FROM quarantine":                      "0",
		"SELECT count(*)::text FROM orders WHERE undated AND charge IS NULL AND status IS NULL AND user_name IS NULL AND quantity IS NULL": "2",
	} {
		if got := b.text(query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	before := b.versions()
	s.ResetCounters()
	b.later(time.Minute)
	if b.versions() != before {
		t.Error("the same records were written again")
	}
}

func TestAnUndatedRecordKeepsWhenItWasFirstSeen(t *testing.T) {
	t.Parallel()
	on := &stage{}
	b := newBench(t, func(o *Options) { o.Transport = on })
	s := b.shop("alpha", 0)
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Orders), time.Hour))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	read := func(record string) {
		on.list(models.Orders, []string{record})
		page := must(r.resource.read(r, t.Context(), page{limit: 10}))(t)
		must(r.keep(t.Context(), page, r.find(models.LoopHead)))(t)
	}
	at := func() string { return b.text("SELECT created_at::text || ' ' || undated FROM orders") }
	read(`{"id":7,"status":"pending"}`)
	first := at()
	b.clock.turn(time.Hour)
	read(`{"id":7,"status":"completed"}`)
	if got := at(); got != first || !strings.HasSuffix(got, "true") {
		t.Errorf("got %s after a change, want %s", got, first)
	}
	read(`{"id":7,"status":"completed","created_timestamp":1740830400}`)
	if got := at(); got != "2025-03-01 12:00:00+00 false" {
		t.Errorf("got %s once the panel says it", got)
	}
	read(`{"id":7,"status":"canceled","created_timestamp":{}}`)
	if got := at(); got != "2025-03-01 12:00:00+00 false" {
		t.Errorf("got %s, want the time that the panel once said", got)
	}
}

func TestWhatIsNotUnderstoodIsCountedAsTheMirrorIsNow(t *testing.T) {
	t.Parallel()
	on := &stage{}
	b := newBench(t, func(o *Options) { o.Transport = on })
	s := b.shop("alpha", 0)
	stream := must(b.db.ClaimStream(t.Context(), s.key(models.Payments), time.Hour))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	read := func(records ...string) {
		on.list(models.Payments, records)
		page := must(r.resource.read(r, t.Context(), page{limit: 10}))(t)
		must(r.keep(t.Context(), page, r.find(models.LoopHead)))(t)
	}
	told := func() string {
		var words []string
		for _, m := range must(b.db.MisreadMembers(t.Context(), b.owner))(t) {
			words = append(words, string(m.Resource)+" "+m.Member+" "+strings.Repeat("x", int(m.Records))+" "+string(rune('0'+m.Example)))
		}
		return strings.Join(words, "; ")
	}
	records := []string{`{"payment_id":1,"fraud_risk":{"score":3},"amount":[]}`, `{"payment_id":2,"fraud_risk":{"score":4}}`, `{"payment_id":3,"fraud_risk":{"level":"low","score":1}}`}
	read(records...)
	if got, want := told(), "payments fraud_risk xx 2; payments amount x 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	read(records...)
	if got, want := told(), "payments fraud_risk xx 2; payments amount x 1"; got != want {
		t.Errorf("read again: got %q, want %q", got, want)
	}
	read(`{"payment_id":2,"fraud_risk":"high"}`)
	if got, want := told(), "payments amount x 1; payments fraud_risk x 1"; got != want {
		t.Errorf("once one reads well: got %q, want %q", got, want)
	}
}
