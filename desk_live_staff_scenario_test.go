//go:build scenario

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// Elements of the page that refresh, by the names that htmx uses.
const (
	detailTarget = "article#tickets-detail"
	listTarget   = "section#tickets-list"
)

// liveStaff is a staff member whose browser shows the list with one ticket beside it, and that ticket's customer.
type liveStaff struct {
	*liveDesk
	number  int
	shop    *liveShop
	ticket  int64
	session string
	client  http.Client

	mu      sync.Mutex
	polls   map[string]polled    // the elements that refresh, by target
	written map[string]time.Time // customer's messages that are not on the screen yet
	listed  []listedMessage      // customer's messages that are not in the list yet
	compose url.Values           // the reply's form
	sent    []string             // replies
}

// listedMessage is the time of a customer's message, and the update time that the panel's list shows after it.
type listedMessage struct{ at, update time.Time }

// polled is an element that refreshes.
type polled struct {
	target, path, tag string
	headers           map[string]string
	every             time.Duration
}

// hire logs a staff member in and gives them a ticket.
func (d *liveDesk) hire(db *models.DB, i int) *liveStaff {
	d.Helper()
	name := fmt.Sprint("agent", i)
	modelstest.Staff(d, db, name, models.RoleAgent, true)
	s := &liveStaff{liveDesk: d, number: i, shop: d.shops[i%livePanels], session: modelstest.LogIn(d, db, name),
		client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 6}}, // as many as a browser has
		polls:  map[string]polled{}, written: map[string]time.Time{}}
	s.ticket = s.shop.OpenTicket(fmt.Sprint("customer", i), "Orders - Refill", "where is it")
	return s
}

func (s *liveStaff) path() string { return fmt.Sprintf("/tickets/%d/%d", s.shop.id, s.ticket) }

// open loads the list, opens the ticket beside it, and refreshes the elements of the page until ctx ends.
func (s *liveStaff) open(ctx context.Context, browsers *sync.WaitGroup) {
	s.Helper()
	list := fmt.Sprint("/tickets?tab=all&panel=", s.shop.id)
	_, page := s.get(ctx, list, nil)
	_, ticket := s.get(ctx, s.path(), fills("div#side"))
	s.get(ctx, s.path()+"/context", fills("aside#tickets-context"))
	s.keep(page + ticket)
	s.compose = replyForm(ticket)
	if s.polls[detailTarget].path == "" || s.polls[listTarget].path == "" || s.compose == nil {
		s.Fatalf("the page of %s does not refresh or has no reply's form: %.500s", s.path(), ticket)
	}
	chance := s.random(1000 + s.number)
	for target, p := range s.polls {
		began := time.Duration(chance.Float64() * float64(p.every))
		browsers.Go(func() {
			if pass(ctx, began) {
				s.refresh(ctx, target)
			}
		})
	}
}

// refresh requests an element each time its interval has passed, as refresh.js does, with the element's latest
// attributes.
func (s *liveStaff) refresh(ctx context.Context, target string) {
	var next time.Time
	for ; ctx.Err() == nil; pass(ctx, time.Until(next)) {
		s.mu.Lock()
		p := s.polls[target]
		s.mu.Unlock()
		next = time.Now().Add(p.every)
		headers := fills(target)
		headers["HX-PTag"] = p.tag
		for name, value := range p.headers {
			headers[name] = value
		}
		status, body := s.get(ctx, p.path, headers)
		switch {
		case ctx.Err() != nil:
			return
		case status == http.StatusOK:
			s.keep(body)
			s.look(target, body)
		case status != http.StatusNotModified:
			s.Errorf("%s: %d", p.path, status)
		}
	}
}

// fills returns the headers that htmx sends with a request whose answer goes into an element.
func fills(target string) map[string]string {
	return map[string]string{"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": target}
}

// look searches a response for awaited messages.
func (s *liveStaff) look(target, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch target {
	case detailTarget:
		for text, at := range s.written {
			if strings.Contains(body, text) {
				s.took(onScreen, at)
				delete(s.written, text)
			}
		}
	case listTarget:
		update := rowUpdate(body, s.shop.id, s.ticket)
		for len(s.listed) > 0 && !update.Before(s.listed[0].update) {
			s.took(inList, s.listed[0].at)
			s.listed = s.listed[1:]
		}
	}
}

func (s *liveStaff) awaits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.written)+len(s.listed) > 0
}

// customerWrites makes the ticket's customer write at random moments.
func (s *liveStaff) customerWrites(ctx context.Context) {
	chance := s.random(2000 + s.number)
	for i := 0; pass(ctx, gap(chance, writesEvery)); i++ {
		text := fmt.Sprintf("message-%d-%04d", s.number, i)
		s.shop.CustomerSays(s.ticket, text)
		now := time.Now()
		ticket, _ := s.shop.Ticket(s.ticket)
		s.mu.Lock()
		s.written[text], s.listed = now, append(s.listed, listedMessage{now, time.Unix(ticket.Updated, 0)})
		s.mu.Unlock()
	}
}

// answers makes the staff member reply at random moments.
func (s *liveStaff) answers(ctx context.Context) {
	chance := s.random(3000 + s.number)
	for i := 0; pass(ctx, gap(chance, answersEvery)); i++ {
		s.reply(s.Context(), fmt.Sprintf("reply-%d-%04d", s.number, i))
	}
}

// reply sends the form. If the ticket has changed since the form was loaded, the response shows the changes, and
// reply sends the form again.
func (s *liveStaff) reply(ctx context.Context, text string) {
	s.sent = append(s.sent, text)
	s.shop.await(text, time.Now())
	for range 2 {
		s.compose.Set("message", text)
		s.compose.Set("then", "")
		status, body := s.ask(ctx, http.MethodPost, s.path()+"/replies", fills("div#tickets-compose"), s.compose.Encode())
		if status != http.StatusOK && status != http.StatusConflict {
			s.Errorf("the reply was answered with %d: %.300s", status, body)
			return
		}
		s.compose = replyForm(body)
		if status == http.StatusOK {
			return
		}
		s.collisions.Add(1)
	}
	s.Error("the ticket changed twice while a reply was sent")
}

func (s *liveStaff) get(ctx context.Context, path string, headers map[string]string) (status int, body string) {
	return s.ask(ctx, http.MethodGet, path, headers, "")
}

// ask sends a request as the browser does; a form gets the header that proves that our own page sent it. A connection
// that was opened and never used ends after 15 s with a 408, which may cross a request: browsers then repeat the
// request on another connection, and so does ask.
func (s *liveStaff) ask(ctx context.Context, method, path string, headers map[string]string, form string) (status int, body string) {
	status, body = s.askOnce(ctx, method, path, headers, form)
	if status == http.StatusRequestTimeout {
		status, body = s.askOnce(ctx, method, path, headers, form)
	}
	return status, body
}

func (s *liveStaff) askOnce(ctx context.Context, method, path string, headers map[string]string, form string) (status int, body string) {
	request, err := http.NewRequestWithContext(ctx, method, s.host+path, strings.NewReader(form))
	if err != nil {
		s.Error(err)
		return 0, ""
	}
	request.Header.Set("Cookie", "session="+s.session)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", s.host)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			s.Error(err)
		}
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil && ctx.Err() == nil {
		s.Error(err)
	}
	return answer.StatusCode, string(text)
}

// keep stores the elements of a page that refresh.
func (s *liveStaff) keep(page string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	eachTag(page, func(tag string, attr map[string]string) {
		seconds, err := strconv.Atoi(attr["data-refresh"])
		if err != nil || attr["hx-get"] == "" {
			return
		}
		p := polled{target: tag, path: attr["hx-get"], tag: attr["hx-ptag"], every: time.Duration(seconds) * time.Second}
		if attr["id"] != "" {
			p.target += "#" + attr["id"]
		}
		if err := json.Unmarshal([]byte(attr["hx-headers"]), &p.headers); err != nil {
			s.Errorf("the headers of %s: %v", p.target, err)
		}
		s.polls[p.target] = p
	})
}

// asksEvery returns the refresh intervals of the page's elements.
func (s *liveStaff) asksEvery() map[string]time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	every := map[string]time.Duration{}
	for target, p := range s.polls {
		every[target] = p.every
	}
	return every
}

// replyForm returns the hidden fields of the reply's form, or nil if the page has no such form.
func replyForm(page string) url.Values {
	var form url.Values
	eachTag(page, func(tag string, attr map[string]string) {
		switch {
		case tag == "form" && attr["id"] == "tickets-reply":
			form = url.Values{}
		case tag == "input" && attr["type"] == "hidden" && form != nil && !form.Has(attr["name"]):
			form.Set(attr["name"], attr["value"])
		}
	})
	return form
}

// eachTag calls each for every element of a page.
func eachTag(page string, each func(tag string, attr map[string]string)) {
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken:
			token, attr := z.Token(), map[string]string{}
			for _, a := range token.Attr {
				attr[a.Key] = a.Val
			}
			each(token.Data, attr)
		}
	}
}

var updateCell = regexp.MustCompile(`data-col="last_update"[^>]*>\s*<time datetime="([^"]+)"`)

// rowUpdate returns a ticket's last update in the list. It returns zero if the list does not show the ticket.
func rowUpdate(page string, panelID, ticket int64) time.Time {
	_, row, _ := strings.Cut(page, fmt.Sprintf(`id="tickets-row-%d-%d"`, panelID, ticket))
	row, _, _ = strings.Cut(row, "</tr>")
	cell := updateCell.FindStringSubmatch(row)
	if cell == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, cell[1])
	if err != nil {
		return time.Time{}
	}
	return at
}
