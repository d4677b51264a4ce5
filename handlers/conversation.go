package handlers

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"masterpanel/models"
)

// talk is a conversation in reading order, oldest first.
type talk struct {
	Note    string
	Earlier string // says how many messages of a very long conversation are hidden
	AllURL  string
	Items   []talkItem
}

// mostMessages is how many messages a ticket shows unless the viewer requests all. A page with thousands of messages is
// slow in every browser, and it would be loaded again every five seconds.
const mostMessages = 300

// latest returns the messages to show: the last mostMessages, and more if older ones are still unanswered.
func latest(t models.Ticket, messages []models.TicketMessage) []models.TicketMessage {
	from := max(0, len(messages)-mostMessages)
	if t.WaitingSince != nil {
		open := slices.IndexFunc(messages, func(m models.TicketMessage) bool { return !m.IsStaff && !m.CreatedAt.Before(*t.WaitingSince) })
		if open >= 0 {
			from = min(from, open)
		}
	}
	return messages[from:]
}

// talkItem is one item of a conversation: a message, a staff note or an event of our desk. Day is set on the first item
// of a day. Unanswered is set on the first unanswered message, to which the page scrolls.
type talkItem struct {
	at         time.Time
	Day        string
	Unanswered bool
	Message    template.HTML // the rendered message; "" if the item is not a message
	Note       *ticketNote
	Event      *activityLine
}

// ticketMessage is one message. Body is sanitised HTML; only it and the output of our own templates are marked as safe
// HTML. Start and Size are set when the message is long and therefore folded: Start is its beginning, Size its length
// in characters.
type ticketMessage struct {
	ID          string
	Sender, Who string
	Staff       bool
	At          stamp
	Header      messageHeader
	Body        template.HTML
	Start, Size string
}

// messageHeader holds the fields of the panel's ticket form that the customer filled in.
type messageHeader struct {
	Title string
	Facts []messageFact
}

type messageFact struct {
	Label string
	Value template.HTML
}

// messageMarks holds the references that become links inside messages.
type messageMarks struct {
	chips
	numbers orderNumbers
}

func (m messageMarks) in(root *html.Node) { m.mark(root, m.numbers) }

func (a *app) talk(v models.Viewer, t models.Ticket, messages []models.TicketMessage, marks messageMarks) (talk, error) {
	shown := talk{Note: conversationNote(t, len(messages)), Items: make([]talkItem, len(messages))}
	open, look := t.WaitingSince != nil, a.messageLook(v, marks)
	for i, m := range messages {
		message, err := a.writtenMessage(v, m, marks, look)
		if err != nil {
			return talk{}, err
		}
		item := talkItem{at: m.CreatedAt, Message: message}
		if open && !m.IsStaff && !m.CreatedAt.Before(*t.WaitingSince) {
			item.Unanswered, open = true, false
		}
		shown.Items[i] = item
	}
	return shown, nil
}

// eventsShown is the maximum number of desk events in a conversation.
const eventsShown = 50

// withDesk inserts notes and desk events between the messages by time, and marks the start of each day. It keeps the
// panel's order of the messages, even if their times disagree.
func (a *app) withDesk(v models.Viewer, t talk, notes []ticketNote, did []models.Activity) talk {
	var ours []talkItem
	for _, n := range notes {
		ours = append(ours, talkItem{at: n.at, Note: &n})
	}
	for _, r := range did {
		if strings.HasPrefix(string(r.Action), "ticket.") && r.Action != models.ActReply && r.Action != models.ActTicketNote && r.Result == models.Done {
			ours = append(ours, talkItem{at: r.At, Event: &a.activityLines(v, []models.Activity{r})[0]})
		}
	}
	if t.Earlier != "" && len(t.Items) > 0 {
		ours = slices.DeleteFunc(ours, func(item talkItem) bool { return item.at.Before(t.Items[0].at) })
	}
	slices.SortStableFunc(ours, func(a, b talkItem) int { return a.at.Compare(b.at) })
	all := make([]talkItem, 0, len(t.Items)+len(ours))
	for _, item := range t.Items {
		for len(ours) > 0 && ours[0].at.Before(item.at) {
			all, ours = append(all, ours[0]), ours[1:]
		}
		all = append(all, item)
	}
	t.Items = append(all, ours...)
	day := ""
	for i := range t.Items {
		if on := dayOf(t.Items[i].at, a.Now(), v.Zone); on != day && !t.Items[i].at.IsZero() {
			t.Items[i].Day, day = on, on
		}
	}
	return t
}

func dayOf(at, now time.Time, zone *time.Location) string {
	at, now = at.In(zone), now.In(zone)
	switch at.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return "Today"
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "Yesterday"
	}
	if at.Year() == now.Year() {
		return at.Format("Monday 2 January")
	}
	return at.Format("Monday 2 January 2006")
}

func (a *app) ticketMessage(v models.Viewer, m models.TicketMessage, marks messageMarks) ticketMessage {
	shown := ticketMessage{ID: "tickets-message-" + strconv.Itoa(m.Position), Sender: cmp.Or(m.Sender, "Unknown sender"), Who: "Customer", Staff: m.IsStaff,
		At: newStamp(m.CreatedAt, a.Now(), v.Zone)}
	body := m.Body
	if body == "" && m.Misread != "" {
		body = "Masterpanel does not understand the format of this message."
	}
	if m.IsStaff {
		shown.Who = "Staff"
	} else if header, rest, ok := cutHeader(body); ok {
		shown.Header, body = a.messageHeader(header, marks), rest
	}
	if len(body) > foldFrom {
		shown.Start, shown.Size = a.messages.start(body), number(int64(utf8.RuneCountInString(body)))
		marks.chips = nil
	}
	shown.Body = a.messages.marked(body, marks.in)
	return shown
}

func (a *app) messageHeader(h formHeader, marks messageMarks) messageHeader {
	shown := messageHeader{Title: h.Title}
	for _, f := range h.Facts {
		in := marks
		if f.ofPayment() {
			in.chips = nil
		}
		shown.Facts = append(shown.Facts, messageFact{f.Label, a.messages.marked(template.HTMLEscapeString(f.Text), in.in)})
	}
	return shown
}

// conversationNote explains why the shown messages may be incomplete, or returns "".
func conversationNote(t models.Ticket, shown int) string {
	switch {
	case t.MessagesAt == nil:
		return "Masterpanel has not read the messages from the panel yet. They appear here automatically."
	case t.MessagesAt.Before(t.UpdatedAt):
		return "Masterpanel is reading newer messages from the panel."
	case shown == 0:
		return "The panel shows no messages in this ticket."
	}
	return ""
}
