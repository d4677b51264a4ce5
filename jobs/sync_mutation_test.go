package jobs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

// mutations lists the replacements of a member, one for each kind of JSON value. "" removes the member.
var mutations = []string{``, `null`, `true`, `false`, `7`, `-5`, `1.5`, `123456789012345678901234567890`, `1e400`, `1e200000`, `"text"`, `""`, `"-3.5"`,
	`"half \ud83d and \u0000"`, "\"bad \xff and \x01 byte\"", `"` + unlike(5000) + `"`, `[]`, `[1,"two"]`, `{}`, `{"oops":true}`,
	`{"deep":{"er":[{"value":{}}],"k\ud83dey\u0000":1}}`, strings.Repeat(`[`, 90) + strings.Repeat(`]`, 90)}

// unlike returns a text of n characters that does not compress.
func unlike(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%x", uint32(i+1)*2654435761)
	}
	return b.String()[:n]
}

// stage answers with the test's body for a path, if there is one, otherwise with the simulated panel.
type stage struct{ bodies map[string]string }

func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	if body, ok := s.bodies[r.URL.Path]; ok {
		return answerWith(http.StatusOK, body), nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

// list sets a panel's answer with these records.
func (s *stage) list(r models.Resource, records []string) {
	body, path := `{"data":{"list":[`+strings.Join(records, ",")+`]},"error_code":0}`, "/adminapi/v2/"+string(r)
	if r == models.Services {
		body, path = "["+strings.Join(records, ",")+"]", "/api/v2"
	}
	s.bodies = map[string]string{path: body}
}

// mutant returns a record with another id and one member replaced. An empty member replaces none.
func mutant(record map[string]json.RawMessage, idName string, id int64, member, value string) string {
	fields := []string{fmt.Sprintf(`%q:%d`, idName, id)}
	for name, old := range record {
		switch {
		case name == idName:
		case name != member:
			fields = append(fields, fmt.Sprintf(`%q:%s`, name, old))
		case value != "":
			fields = append(fields, fmt.Sprintf(`%q:%s`, name, value))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// mutating is the test of one resource.
type mutating struct {
	*bench
	stage  *stage
	run    *run
	record map[string]json.RawMessage
	idName string
	next   int64
	sent   int
}

// read makes the panel send records, and stores them.
func (m *mutating) read(records []string) {
	m.Helper()
	m.stage.list(m.run.stream.Resource, records)
	page := must(m.run.resource.read(m.run, m.Context(), page{limit: 1000}))(m)
	written := must(m.run.keep(m.Context(), page, m.run.find(models.LoopHead)))(m)
	if m.sent += len(records); written.New != len(records) {
		m.Errorf("%+v of %d records, such as %.300s", written, len(records), records[0])
	}
}

// members returns the names of the record's members except the id.
func (m *mutating) members() []string {
	var all []string
	for name := range m.record {
		if name != m.idName {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func (m *mutating) mutant(member, value string) string {
	m.next++
	return mutant(m.record, m.idName, m.next, member, value)
}

func TestOnlyTheIDDecidesWhetherARecordIsListed(t *testing.T) {
	t.Parallel()
	for _, resource := range []models.Resource{models.Orders, models.Payments, models.Users, models.Tickets} {
		t.Run(string(resource), func(t *testing.T) {
			t.Parallel()
			m := newMutating(t, resource)
			var inOne []string
			for _, member := range m.members() {
				for _, value := range mutations {
					inOne = append(inOne, m.mutant(member, value))
				}
			}
			m.read(inOne)
			const all = 4
			for _, member := range m.members() {
				for _, value := range mutations {
					var rows []string
					for range all {
						rows = append(rows, m.mutant(member, value))
					}
					m.read(rows)
				}
			}
			m.wantAllListed()
			t.Logf("%s: %d members × %d values = %d mutations, %d records sent, in one row and in all of a page", resource, len(m.members()), len(mutations), len(inOne), m.sent)
		})
	}
}

func TestOnlyTheIDDecidesWhetherAServiceIsListed(t *testing.T) {
	t.Parallel()
	m := newMutating(t, models.Services)
	list := []string{m.mutant("", "")}
	for _, member := range m.members() {
		for _, value := range mutations {
			list = append(list, m.mutant(member, value))
		}
	}
	m.read(list) // each answer is the whole list of services, so it is sent only once
	m.wantAllListed()
	t.Logf("services: %d members × %d values, %d records sent", len(m.members()), len(mutations), m.sent)
}

func newMutating(t *testing.T, resource models.Resource) *mutating {
	t.Helper()
	on := &stage{}
	b := newBench(t, func(o *Options) { o.Transport = on })
	s := b.shop("alpha", 40)
	switch resource {
	case models.Payments:
		s.AddPayment(sim.PaymentSpec{User: "anna", Amount: 5 * sim.Unit, Memo: "ref 123456"})
	case models.Tickets:
		s.OpenTicket("anna", "Speed up", "<p>please</p>")
	}
	stream := must(b.db.ClaimStream(t.Context(), s.key(resource), time.Hour))(t)
	r := must(b.worker.newRun(t.Context(), stream))(t)
	page := must(r.resource.read(r, t.Context(), page{limit: 10}))(t)
	m := &mutating{bench: b, stage: on, run: r, idName: "id", next: 5_000_000}
	if err := json.Unmarshal(page.marks[0].raw, &m.record); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"payment_id", "service"} {
		if _, ok := m.record[name]; ok {
			m.idName = name
		}
	}
	if resource == models.Payments { // members that only some panels send
		m.record["fraud_risk"] = json.RawMessage(`"low"`)
		m.record["memo"] = json.RawMessage(`"thank you"`) // not a reference, because all records would share it
	}
	return m
}

// wantAllListed checks that every record is on a page of its list, for every sort order, and that none is
// quarantined.
func (m *mutating) wantAllListed() {
	m.Helper()
	if n := m.count("SELECT count(*) FROM quarantine"); n != 0 {
		m.Errorf("%d records are set aside, the first because %s", n, m.text("SELECT min(reason) FROM quarantine"))
	}
	lists := map[models.Resource]*models.List{models.Orders: models.OrderList, models.Payments: models.PaymentList, models.Users: models.UserList,
		models.Tickets: models.TicketList, models.Services: models.ServiceList}
	l := lists[m.run.stream.Resource]
	for _, column := range l.Columns {
		if column.Sort == "" {
			continue
		}
		for _, direction := range []string{"", "-"} {
			forward, back := m.walked(l, direction+column.Name)
			if len(forward) != m.sent {
				m.Errorf("sorted by %s%s: %d different rows on all pages, want %d", direction, column.Name, len(forward), m.sent)
			}
			if back != len(forward) {
				m.Errorf("sorted by %s%s: %d rows on the way back, want %d", direction, column.Name, back, len(forward))
			}
		}
	}
}

// walked returns the rows on all pages of a list, and the number of rows on the way back.
func (m *mutating) walked(l *models.List, sort string) (rows map[models.Key]bool, back int) {
	m.Helper()
	rows = map[models.Key]bool{}
	values := url.Values{"sort": {sort}, "per": {"200"}}
	var last string
	for {
		keys, next, prev := m.page(l, values)
		for _, key := range keys {
			rows[key] = true
		}
		if last = prev; next == "" {
			back = len(keys)
			break
		}
		values.Set("after", next)
	}
	values.Del("after")
	for last != "" {
		values.Set("before", last)
		var keys []models.Key
		keys, _, last = m.page(l, values)
		back += len(keys)
	}
	return rows, back
}

func (m *mutating) page(l *models.List, values url.Values) (keys []models.Key, next, prev string) {
	m.Helper()
	q := models.ParseListQuery(l, values, time.UTC, m.clock.Now())
	switch l.Resource {
	case models.Orders:
		return turned(must(m.db.Orders(m.Context(), m.owner, q))(m))
	case models.Payments:
		return turned(must(m.db.Payments(m.Context(), m.owner, q))(m))
	case models.Users:
		return turned(must(m.db.Users(m.Context(), m.owner, q))(m))
	case models.Tickets:
		return turned(must(m.db.Tickets(m.Context(), m.owner, q))(m))
	}
	return turned(must(m.db.Services(m.Context(), m.owner, q))(m))
}

func turned[T any](p models.Page[T]) (keys []models.Key, next, prev string) {
	return p.Keys(), p.Next, p.Prev
}

func TestEveryMessageOfATicketIsShownWhateverItsMembersAre(t *testing.T) {
	t.Parallel()
	m := newMutating(t, models.Tickets)
	message := map[string]json.RawMessage{"message": json.RawMessage(`"hello"`), "sender_name": json.RawMessage(`"anna"`), "is_staff": json.RawMessage(`false`),
		"created": json.RawMessage(`"2025-03-01 12:00:00"`), "created_timestamp": json.RawMessage(`1740830400`), "attachments": json.RawMessage(`[]`)}
	var messages []string
	for member := range message {
		for _, value := range mutations {
			messages = append(messages, mutant(message, "n", int64(len(messages)), member, value))
		}
	}
	messages = append(messages, mutations[1:]...) // each takes the place of a whole message
	var tickets []string
	for _, member := range m.members() {
		for _, value := range mutations {
			tickets = append(tickets, m.mutant(member, value))
		}
	}
	m.read(tickets)
	l := m.run.find(models.LoopOpen)
	details := map[string]string{}
	for i, ticket := range tickets {
		id := m.next - int64(len(tickets)-1-i)
		details[fmt.Sprintf("/adminapi/v2/tickets/%d", id)] = `{"data":` + ticket[:len(ticket)-1] + `,"messages":[` + strings.Join(messages, ",") + `]},"error_code":0}`
	}
	m.stage.bodies = details
	for i := range tickets {
		if err := m.run.readTicket(t.Context(), m.next-int64(i), l, false); err != nil {
			t.Fatal(err)
		}
	}
	if n := m.count("SELECT count(*) FROM quarantine"); n != 0 {
		t.Errorf("%d are set aside, the first because %s", n, m.text("SELECT min(reason) FROM quarantine"))
	}
	if got, want := m.count("SELECT count(*) FROM ticket_messages"), len(tickets)*len(messages); got != want {
		t.Errorf("got %d messages, want %d", got, want)
	}
	t.Logf("%d mutated messages in each of %d mutated tickets", len(messages), len(tickets))
}
