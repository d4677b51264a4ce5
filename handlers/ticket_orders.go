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

// mostNamed limits how many numbers of a ticket are looked up, because customers paste whole lists.
const mostNamed = 50

// orderNumbers decides which numbers in a text may be orders of a panel. Panels differ in the length of their order
// numbers: numbers with six to ten digits are likely orders on every panel (panel-api.md 5.6). Shorter ones count only
// within the panel's own range of order IDs.
type orderNumbers struct{ low, high int64 }

func (o orderNumbers) has(id int64) bool {
	return id >= 100_000 || id >= 100 && o.low <= id && id <= o.high
}

// each splits a text into pieces. A piece with an id is a number that may be an order.
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

// in returns the numbers in a ticket's subject and messages, at most mostNamed. read returns the numbers of one
// message.
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

// namedOrders finds the orders that a ticket mentions. A number without a label such as "order" counts only if it is an
// order of the ticket's customer.
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

// namedNumber is a number that may be an order. labelled is true if the text itself calls it an order.
type namedNumber struct {
	id       int64
	labelled bool
}

type namedNumbers []namedNumber

func (n namedNumbers) size() int { return 100 + 16*cap(n) }

// numbersOf returns the numbers in a plain text.
func numbersOf(text string) (numbers namedNumbers) {
	for _, id := range pasted.Read(text, pasted.Conversation, pasted.Panels{}).IDs {
		numbers = append(numbers, namedNumber{id.Number, id.Labelled})
	}
	return numbers
}

// numbersIn returns the numbers in a message. A message long enough to be folded counts as having none, because 200 kB
// of numbers are not a question about an order. Payment numbers in a form's header are skipped, even if they look like
// orders.
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

// visitTexts calls do with each visible text outside of links.
func visitTexts(n *html.Node, do func(*html.Node)) {
	if n.Type == html.TextNode {
		do(n)
	}
	if n.Type == html.ElementNode && slices.Contains([]string{"a", "script", "style"}, n.Data) {
		return
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling // do may replace the child
		visitTexts(child, do)
		child = next
	}
}

// orderChip is an order that a ticket mentions. Theirs is the order's customer if that is not the ticket's customer.
type orderChip struct {
	Panel    models.PanelRef
	ID       int64
	URL, Key string
	CardURL  string // the address of the order's card inside the ticket
	Status   badge
	Theirs   string
}

// Words returns the text that follows the order number.
func (c orderChip) Words() string {
	if c.Theirs != "" {
		return c.Status.Label + ", belongs to " + c.Theirs
	}
	return c.Status.Label
}

// chips holds the orders that a ticket mentions, by ID.
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
		chip.Theirs = cmp.Or(o.UserName, "an unknown user")
	}
	return chip
}

// keyWord formats a row's key for use in a DOM ID.
func keyWord(key models.Key) string {
	return strconv.FormatInt(key.PanelID, 10) + "-" + strconv.FormatInt(key.ID, 10)
}

// mark turns the order numbers in sanitised HTML into links.
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

// node returns the chip as a link inside a message. The policy never lets a customer write such a link.
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

// inOrder returns the chips in the order in which the ticket mentions their orders.
func (c chips) inOrder(orders []models.Order) []orderChip {
	row := make([]orderChip, len(orders))
	for i, o := range orders {
		row[i] = c[o.ID]
	}
	return row
}
