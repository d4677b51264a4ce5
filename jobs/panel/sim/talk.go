package sim

import (
	"html"
	"strconv"
	"strings"
	"time"
)

// topic is the subject of a ticket: the form's title and the corpus's kind of text.
type topic struct{ title, kind string }

func (w *world) topic(method string) topic {
	return pick(w, []topic{
		{"Orders - Refill", "refill"}, {"Orders - Refill", "refill"}, {"Orders - Refill", "refill"},
		{"Orders - Cancel", "cancel"}, {"Orders - Cancel", "cancel"},
		{"Orders - Speed up", "speed"}, {"Orders - Speed up", "speed"},
		{"Orders - Other", "start"}, {"Orders - Other", "start"},
		{"Payments - " + method, "payment"}, {"Payments - " + method, "payment"},
		{"Other", "other"},
	})
}

// scene holds the values that the texts of one conversation share.
type scene struct {
	topic topic
	user  *User
	holes map[string]string
	ids   []string
}

// scene sets up a conversation about one of a customer's orders.
func (w *world) scene(o *Order) *scene {
	u := w.usersByName[o.User]
	method := pick(w, w.profile.methods[:5]) // staff add payments of the last methods, so no customer writes about them
	s := &scene{topic: w.topic(method), user: u, ids: w.mentioned(u, o)}
	s.holes = map[string]string{
		"order": s.ids[0], "orders": strings.Join(s.ids, pick(w, []string{", ", " ", " and ", "\n"})), "link": o.Link,
		"service": w.services.byID[o.ServiceID].Name, "method": method, "amount": symbol(w.currency) + w.deposit().String(),
	}
	return s
}

// mentioned returns the order ids that a customer names: one, sometimes several, rarely another customer's.
func (w *world) mentioned(u *User, o *Order) []string {
	ids := []string{strconv.FormatInt(o.ID, 10)}
	if w.chance(0.3) {
		most := int(w.between(2, 6))
		for _, id := range u.recent {
			if id != o.ID && id < o.ID+500 && len(ids) < most {
				ids = append(ids, strconv.FormatInt(id, 10))
			}
		}
	}
	if w.chance(0.06) {
		ids = append(ids, strconv.FormatInt(pick(w, w.orders.rows).ID, 10))
	}
	return ids
}

// opening returns a ticket's first message as the panel's form builds it: title, order or transaction, a line, the
// customer's text.
func (w *world) opening(s *scene) string {
	if w.chance(1.0 / 25) {
		return expand(w.hostile("message"), s.holes)
	}
	body := w.says(s, s.topic.kind)
	head := "<div><b>" + html.EscapeString(s.topic.title) + "</b></div>"
	switch {
	case s.topic.kind == "other":
		return body
	case s.topic.kind == "payment":
		return head + "<div><b>Transaction ID</b>: " + html.EscapeString(w.memo(s.holes["method"])) + "</div><hr>" + body
	case w.chance(0.1):
		return head + "<hr>" + body
	}
	return head + "<div><b>Order ID</b>: " + html.EscapeString(w.typedID(s)) + "</div><hr>" + body
}

// typedID returns the content of the form's order field, which accepts any text.
func (w *world) typedID(s *scene) string {
	if w.chance(0.08) {
		return pick(w, []string{"all", "my last order", s.holes["link"], "#" + s.ids[0], s.user.Username, "see below"})
	}
	return strings.Join(s.ids, pick(w, []string{",", ", ", " "}))
}

// says returns a text of the corpus in the customer's language, as HTML.
func (w *world) says(s *scene, kind string) string {
	text := html.EscapeString(expand(pick(w, texts().in(s.user.Language, kind)), s.holes))
	return strings.ReplaceAll(text, "\n", "<br>")
}

func (w *world) subject(s *scene) string {
	if w.chance(1.0 / 120) {
		return expand(w.hostile("subject"), nil)
	}
	return s.topic.title
}

// pastTicket makes a ticket of the history: a conversation of a few turns, already ended unless it is recent.
func (w *world) pastTicket(o *Order, at int64) *Ticket {
	s := w.scene(o)
	t := draftTicket(s.user, w.subject(s), at)
	t.say(Message{HTML: w.opening(s), Sender: t.User, Created: at})
	now := w.stamp()
	staff, answer := pick(w, w.profile.staff), "staff "+s.topic.kind
	for range w.rng.IntN(4) {
		if at += w.around(40*time.Minute) / 1000; at >= now {
			break
		}
		t.say(Message{HTML: w.says(s, answer), Sender: staff, Staff: true, Created: at})
		t.Read, t.Assignee, answer = true, staff, "staff"
		if at += w.around(time.Hour) / 1000; at >= now || w.chance(0.5) {
			break
		}
		t.say(Message{HTML: w.says(s, pick(w, []string{"more", "more", "thanks"})), Sender: t.User, Created: at})
	}
	w.settleTicket(t, staff)
	return t
}

// settleTicket closes old conversations. A ticket that still waits is at most a few days old.
func (w *world) settleTicket(t *Ticket, staff string) {
	age := w.stamp() - t.Updated
	if t.Status == TicketPending && age > 2*86_400 {
		t.Assignee, t.Read, t.Status = staff, true, TicketClosed
	}
	if t.Status == TicketAnswered && age > 3*86_400 && w.chance(0.7) {
		t.Status = pick(w, []string{TicketClosed, TicketClosed, TicketClosed, TicketLocked})
	}
	if t.Status == TicketPending {
		t.Read = w.chance(0.3)
	}
}

// hostile returns the next hostile text of a kind. The texts come in turn, so that each one appears regularly.
func (w *world) hostile(kind string) string {
	list := texts()[kind]
	w.attacks[kind]++
	return list[(w.attacks[kind]+w.attacks[""])%len(list)]
}

// expand fills the placeholders of a text, including the special ones of hostile texts.
func expand(text string, holes map[string]string) string {
	var pairs []string
	for name, value := range holes {
		pairs = append(pairs, "{"+name+"}", value)
	}
	pairs = append(pairs, "{rlo}", "\u202e", "{pdf}", "\u202c", "{huge}", hugeText(text))
	return strings.NewReplacer(pairs...).Replace(text)
}

// hugeText returns 60,000 words if a text contains {huge}, otherwise "".
func hugeText(text string) string {
	if !strings.Contains(text, "{huge}") {
		return ""
	}
	return strings.Repeat("refill please ", 30_000)
}
