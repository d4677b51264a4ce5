//go:build scenario

package handlers

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

const (
	deskRounds   = 100
	deskMessages = 200
	deskOrders   = 20
)

// deskCase is one request that staff's browsers send all day. sql is its lower bound: the statement that every
// implementation must run, timed through pgx alone; "" if there is none.
type deskCase struct {
	name    string
	path    string
	headers []string
	status  int
	sql     string
}

// deskTiming holds the times of a case in milliseconds. first is the time of the first request.
type deskTiming struct{ first, p50, p95, sql float64 }

// deskWorld is a web server on a generated world. The world has a ticket with 200 messages that mention 20 orders of
// its customer.
type deskWorld struct {
	*site
	conn *pgx.Conn
	host string
	key  models.Key
	ids  []int64 // of the orders
}

// TestTheDeskStaysFast opens a long ticket and the queue in worlds of SIZES orders, with one ticket per 17 orders, and
// reports the server's response times. It reads whole responses over a real connection, as a browser does.
func TestTheDeskStaysFast(t *testing.T) {
	modelstest.RealClock(t)
	worlds := modelstest.OpenWorlds(t)
	var table strings.Builder
	for _, size := range strings.Fields(os.Getenv("SIZES")) {
		orders, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		w := openDeskWorld(t, worlds.World(t, orders))
		fmt.Fprintf(&table, "\n%-44s   first     p50     p95     sql\n", "milliseconds at "+size+" orders")
		for _, c := range w.cases() {
			took := w.time(c)
			fmt.Fprintf(&table, "%-44s %7.2f %7.2f %7.2f %7.2f\n", c.name, took.first, took.p50, took.p95, took.sql)
		}
		w.holdAll()
		began := time.Now()
		if _, err := w.db.TicketsToMind(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&table, "%-44s %7.1f\n", "what is due by itself, all held, every 5 s", milliseconds(began))
	}
	t.Log(table.String())
}

func openDeskWorld(t *testing.T, url string) *deskWorld {
	t.Helper()
	db, err := models.Open(t.Context(), url, models.Options{Box: modelstest.Box(t), Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	w := &deskWorld{site: siteOn(t, db), conn: conn}
	w.as("owner")
	go w.feed.Run(t.Context())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go w.app.Listener(listener)
	t.Cleanup(func() { w.app.Shutdown() })
	w.host = "http://" + listener.Addr().String()
	w.longTicket()
	// Another server checks the page first, so that the first measured request is really the first for the measured
	// server.
	page := siteOn(t, db).as("owner").get(pathOf("tickets", w.key)).Body
	if orders, messages := strings.Count(page, ` data-order-card="`), strings.Count(page, ` id="tickets-message-`); orders != deskOrders || messages != deskMessages {
		t.Fatalf("the page holds %d orders and %d messages, not %d and %d", orders, messages, deskOrders, deskMessages)
	}
	return w
}

// holdAll assigns every unassigned ticket to the owner for the duration of the test.
func (w *deskWorld) holdAll() {
	w.t.Helper()
	w.t.Cleanup(func() {
		if _, err := w.conn.Exec(context.Background(), "DELETE FROM ticket_desk WHERE assigned_at = 'epoch'"); err != nil {
			w.t.Error(err)
		}
	})
	_, err := w.conn.Exec(w.t.Context(), `INSERT INTO ticket_desk (panel_id, ticket_id, assignee_id, assigned_at, touched_at)
		SELECT panel_id, id, (SELECT id FROM staff WHERE username = 'owner'), 'epoch', now() FROM tickets ON CONFLICT DO NOTHING`)
	if err == nil {
		_, err = w.conn.Exec(w.t.Context(), "ANALYZE ticket_desk")
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// longTicket inserts the ticket and deletes it when the test ends.
func (w *deskWorld) longTicket() {
	w.t.Helper()
	customer := ""
	err := w.conn.QueryRow(w.t.Context(), `SELECT panel_id, user_name, (array_agg(id ORDER BY id DESC))[:$1] FROM orders WHERE panel_id = (SELECT min(id) FROM panels)
		GROUP BY panel_id, user_name HAVING count(*) >= $1 ORDER BY abs(count(*) - 300), user_name LIMIT 1`, deskOrders).Scan(&w.key.PanelID, &customer, &w.ids)
	if err != nil {
		w.t.Fatal(err)
	}
	w.key.ID = 900_000_000
	w.t.Cleanup(func() {
		for _, table := range []string{"tickets WHERE panel_id = $1 AND id = $2", "ticket_messages WHERE panel_id = $1 AND ticket_id = $2"} {
			if _, err := w.conn.Exec(context.Background(), "DELETE FROM "+table, w.key.PanelID, w.key.ID); err != nil {
				w.t.Error(err)
			}
		}
	})
	begun := time.Now().Add(-50 * time.Hour)
	ticket := models.Ticket{Key: w.key, UserName: customer, Subject: fmt.Sprint("Orders - Refill ", w.ids[0]), Status: "pending",
		CreatedAt: begun, UpdatedAt: begun.Add(deskMessages * 10 * time.Minute)}
	ticket.Raw = []byte("{}")
	if _, err := w.db.PutTickets(w.t.Context(), w.key.PanelID, []models.Ticket{ticket}, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.db.PutTicket(w.t.Context(), ticket, w.messages(customer, begun), time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// messages returns alternating messages of customer and staff as panels send them: paragraphs, forms, links and order
// numbers.
func (w *deskWorld) messages(customer string, begun time.Time) []models.TicketMessage {
	all := make([]models.TicketMessage, deskMessages)
	for i := range all {
		id := w.ids[i%len(w.ids)]
		m := models.TicketMessage{PanelID: w.key.PanelID, TicketID: w.key.ID, Position: i, CreatedAt: begun.Add(time.Duration(i) * 10 * time.Minute), Sender: customer}
		switch i % 4 {
		case 0:
			m.Body = fmt.Sprintf(`<div><b>Orders - Refill</b></div><div><b>Order ID</b>: %d</div><hr>please refill, it dropped by %d%% since yesterday`, id, i)
		case 1:
			m.Body, m.Sender, m.IsStaff = fmt.Sprintf("Dear friend,\n\nwe asked the provider about order %d. It takes up to 24 hours.\n\nKind regards", id), "agent1", true
		case 2:
			m.Body = fmt.Sprintf(`<p>hello again, order <b>%d</b> and %d are still not done, see <a href="https://instagram.com/p/%d">here</a></p><p>%s</p>`,
				id, w.ids[(i+1)%len(w.ids)], i, strings.Repeat("I wait for days and my customer asks me each hour. ", 4))
		case 3:
			m.Body, m.Sender, m.IsStaff = fmt.Sprintf("Order %d was resent. Thank you for waiting, we are %d%% done.", id, i), "agent1", true
		}
		all[i] = m
	}
	all[deskMessages-1].IsStaff, all[deskMessages-1].Sender = false, customer
	return all
}

func (w *deskWorld) cases() []deskCase {
	ticket := pathOf("tickets", w.key)
	partial := func(target string) []string {
		return []string{"HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", target}
	}
	conversation := fmt.Sprintf(`SELECT * FROM tickets AS t JOIN ticket_messages AS m ON m.panel_id = t.panel_id AND m.ticket_id = t.id
		WHERE t.panel_id = %d AND t.id = %d ORDER BY position`, w.key.PanelID, w.key.ID)
	queue := func(where string) string {
		return "SELECT * FROM tickets WHERE " + where + " ORDER BY COALESCE(due_since, 'infinity'), panel_id, id LIMIT 51"
	}
	mine := "holder = 'owner' AND queue IN ('waiting', 'answered')"
	return []deskCase{
		{"the long ticket, as a page", ticket, nil, http.StatusOK, conversation},
		{"the long ticket, beside the list", ticket, partial("div#side"), http.StatusOK, conversation},
		{"the long ticket, read again", ticket, partial("article#tickets-detail"), http.StatusOK, conversation},
		{"the long ticket, unchanged", ticket, append(partial("article#tickets-detail"), "X-Auto-Refresh", "1", "HX-PTag", w.tag(ticket)), http.StatusNotModified, ""},
		{"its customer", ticket + "/context", partial("aside#tickets-context"), http.StatusOK, ""},
		{"the queue, waiting", "/tickets?tab=waiting", nil, http.StatusOK, queue("queue = 'waiting'")},
		{"the queue, mine", "/tickets?tab=mine", nil, http.StatusOK, queue(mine)},
		{"the queue, unassigned", "/tickets?tab=unassigned", nil, http.StatusOK, queue("queue = 'waiting' AND holder = ''")},
		{"the queue, snoozed", "/tickets?tab=snoozed", nil, http.StatusOK, queue("queue = 'snoozed'")},
		{"the queue, done", "/tickets?tab=done", nil, http.StatusOK, queue("queue = 'done'")},
		{"the queue, all", "/tickets?tab=all", nil, http.StatusOK, queue("true")},
		{"the queue, waiting, its rows", "/tickets?tab=waiting", partial("section#tickets-list"), http.StatusOK, queue("queue = 'waiting'")},
		{"how many wait", "/badges", partial("span#shell-badges"), http.StatusOK, ""},
	}
}

// tag returns the tag with which a browser polls the page.
func (w *deskWorld) tag(path string) string {
	return w.poll(path, "article#tickets-detail", "").Header.Get("HX-PTag")
}

func (w *deskWorld) time(c deskCase) deskTiming {
	w.t.Helper()
	var took, alone []float64
	for range deskRounds {
		began := time.Now()
		w.ask(c)
		took = append(took, milliseconds(began))
		if c.sql == "" {
			continue
		}
		began = time.Now()
		w.run(c.sql)
		alone = append(alone, milliseconds(began))
	}
	timing := deskTiming{first: took[0]}
	slices.Sort(took)
	timing.p50, timing.p95 = took[deskRounds/2], took[deskRounds*95/100]
	if len(alone) > 0 {
		slices.Sort(alone)
		timing.sql = alone[deskRounds/2]
	}
	return timing
}

func (w *deskWorld) ask(c deskCase) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.host+c.path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Cookie", w.cookie)
	for i := 0; i+1 < len(c.headers); i += 2 {
		request.Header.Set(c.headers[i], c.headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != c.status {
		w.t.Fatalf("%s: got %d (%v), want %d: %.300s", c.name, response.StatusCode, err, c.status, body)
	}
}

func (w *deskWorld) run(statement string) {
	rows, err := w.conn.Query(w.t.Context(), statement)
	if err != nil {
		w.t.Fatal(err)
	}
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}
