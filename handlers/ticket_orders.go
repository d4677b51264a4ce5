package handlers

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"masterpanel/models"
	"masterpanel/models/pasted"
)

// mostNamed bounds how many of the numbers in a ticket are looked up; customers paste whole lists.
const mostNamed = 50

// orderNumbers tells which numbers in a text may be orders of a panel. Panels differ in how long their numbers are: six
// to ten digits are likely everywhere (panel-api.md 5.6), fewer only within what the panel has.
type orderNumbers struct{ low, high int64 }

func (o orderNumbers) has(id int64) bool {
	return id >= 100_000 || id >= 100 && o.low <= id && id <= o.high
}

// each cuts a text into pieces: those with an id are numbers that may be orders.
func (o orderNumbers) each(text string, piece func(text string, id int64)) {
	from := 0
	for _, id := range pasted.Read(text, pasted.Conversation, pasted.Panels{}).IDs {
		if !o.has(id.Number) {
			continue
		}
		if from < id.From {
			piece(text[from:id.From], 0)
		}
		piece(text[id.From:id.To], id.Number)
		from = id.To
	}
	if from < len(text) {
		piece(text[from:], 0)
	}
}

// in returns the numbers that a ticket's subject and messages name, the first mostNamed of them; read tells those of a message.
func (o orderNumbers) in(t models.Ticket, messages []models.TicketMessage, read func(body string) namedNumbers) namedNumbers {
	var all namedNumbers
	note := func(numbers namedNumbers) {
		for _, n := range numbers {
			at := slices.IndexFunc(all, func(other namedNumber) bool { return other.id == n.id })
			switch {
			case at >= 0:
				all[at].labelled = all[at].labelled || n.labelled
			case o.has(n.id) && len(all) < mostNamed:
				all = append(all, n)
			}
		}
	}
	note(numbersOf(t.Subject))
	for _, m := range messages {
		note(read(m.Body))
	}
	return all
}

// namedOrders finds the orders that a ticket names. A number that nothing calls an order is one only if it is an order of
// the ticket's customer.
func (a *app) namedOrders(ctx context.Context, v models.Viewer, t models.Ticket, messages []models.TicketMessage, numbers orderNumbers) (models.NamedOrders, error) {
	all := numbers.in(t, messages, a.numbersIn)
	ids := make([]int64, len(all))
	for i, n := range all {
		ids[i] = n.id
	}
	named, err := a.DB.NamedOrders(ctx, v, t.PanelID, ids)
	named.Found = slices.DeleteFunc(named.Found, func(o models.Order) bool {
		return o.UserName != t.UserName && !slices.Contains(all, namedNumber{o.ID, true})
	})
	return named, err
}

// namedNumber is a number that may be an order of some panel. labelled says that the text itself calls it one.
type namedNumber struct {
	id       int64
	labelled bool
}

type namedNumbers []namedNumber

func (n namedNumbers) size() int { return 100 + 16*cap(n) }

// numbersOf reads the numbers in a plain text.
func numbersOf(text string) (numbers namedNumbers) {
	for _, id := range pasted.Read(text, pasted.Conversation, pasted.Panels{}).IDs {
		numbers = append(numbers, namedNumber{id.Number, id.Labelled})
	}
	return numbers
}

// numbersIn reads the numbers in a message. One so long that the page folds it has none: 200 kB of numbers are no question
// about an order. A payment in a form's header is no order either, however alike the numbers are.
func numbersIn(body string) namedNumbers {
	if len(body) > foldFrom {
		return nil
	}
	var numbers namedNumbers
	header, body, _ := cutHeader(body)
	for _, fact := range header.Facts {
		if !fact.ofPayment() {
			for _, n := range numbersOf(fact.Text) {
				numbers = append(numbers, namedNumber{n.id, true})
			}
		}
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return numbers
	}
	visitTexts(root, func(n *html.Node) { numbers = append(numbers, numbersOf(n.Data)...) })
	return numbers
}

// visitTexts calls do with each text that a reader sees and that is no link's.
func visitTexts(n *html.Node, do func(*html.Node)) {
	if n.Type == html.TextNode {
		do(n)
	}
	if n.Type == html.ElementNode && slices.Contains([]string{"a", "script", "style"}, n.Data) {
		return
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling // do may put others in its place
		visitTexts(child, do)
		child = next
	}
}

// orderChip is an order that a ticket names. Theirs is the customer's who it belongs to, when that is not the ticket's.
type orderChip struct {
	Panel    models.PanelRef
	ID       int64
	URL, Key string
	CardURL  string // the same inside the ticket
	Status   badge
	Theirs   string
}

// Words are read with the number.
func (c orderChip) Words() string {
	if c.Theirs != "" {
		return c.Status.Label + ", belongs to " + c.Theirs
	}
	return c.Status.Label
}

// chips are the orders that a ticket names, by their ids.
type chips map[int64]orderChip

func newChips(panel models.PanelRef, t models.Ticket, orders []models.Order) chips {
	all := make(chips, len(orders))
	for _, o := range orders {
		all[o.ID] = newChip(panel, t, o)
	}
	return all
}

func newChip(panel models.PanelRef, t models.Ticket, o models.Order) orderChip {
	chip := orderChip{Panel: panel, ID: o.ID, URL: pathOf("orders", o.Key), Key: keyWord(o.Key), Status: newBadge(o.Status)}
	chip.CardURL = pathOf("tickets", t.Key) + "/orders/" + strconv.FormatInt(o.ID, 10)
	if o.UserName != t.UserName || o.UserName == "" {
		chip.Theirs = cmp.Or(o.UserName, "somebody unknown")
	}
	return chip
}

// keyWord names a row of a panel within an id of ours.
func keyWord(key models.Key) string {
	return strconv.FormatInt(key.PanelID, 10) + "-" + strconv.FormatInt(key.ID, 10)
}

// mark makes links of the numbers in sanitised HTML that are orders.
func (c chips) mark(root *html.Node, numbers orderNumbers) {
	if len(c) == 0 {
		return
	}
	visitTexts(root, func(n *html.Node) {
		pieces := c.pieces(n.Data, numbers)
		if len(pieces) == 1 && pieces[0].Type == html.TextNode {
			return
		}
		for _, piece := range pieces {
			n.Parent.InsertBefore(piece, n)
		}
		n.Parent.RemoveChild(n)
	})
}

func (c chips) pieces(text string, numbers orderNumbers) []*html.Node {
	var nodes []*html.Node
	numbers.each(text, func(piece string, id int64) {
		chip, is := c[id]
		last := len(nodes) - 1
		switch {
		case is:
			nodes = append(nodes, chip.node(piece))
		case last >= 0 && nodes[last].Type == html.TextNode:
			nodes[last].Data += piece
		default:
			nodes = append(nodes, &html.Node{Type: html.TextNode, Data: piece})
		}
	})
	return nodes
}

// node is the chip inside a message: a link of ours, which the policy never lets a customer write.
func (c orderChip) node(number string) *html.Node {
	class := "order-ref badge badge-" + c.Status.Tone
	if c.Theirs != "" {
		class += " order-ref-theirs"
	}
	link := &html.Node{Type: html.ElementNode, Data: "a", Attr: []html.Attribute{{Key: "class", Val: class}, {Key: "href", Val: c.URL},
		{Key: "data-order", Val: c.Key}, {Key: "title", Val: c.Words()}}}
	link.AppendChild(&html.Node{Type: html.TextNode, Data: number})
	return link
}

// inOrder are the chips in the order in which the orders were named.
func (c chips) inOrder(orders []models.Order) []orderChip {
	row := make([]orderChip, len(orders))
	for i, o := range orders {
		row[i] = c[o.ID]
	}
	return row
}
