package handlers

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"masterpanel/models"
)

// mostNamed bounds how many of the numbers in a ticket are looked up; customers paste whole lists.
const mostNamed = 50

// orderNumbers tells which numbers in a text may be orders of a panel. Panels differ in how long their numbers are: six
// to ten digits are likely everywhere (panel-api.md 5.6), fewer only within what the panel has.
type orderNumbers struct{ low, high int64 }

func (o orderNumbers) likely(digits string) (id int64, ok bool) {
	if len(digits) > 10 || digits[0] == '0' {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && o.has(id)
}

func (o orderNumbers) has(id int64) bool {
	return id >= 100_000 || id >= 100 && o.low <= id && id <= o.high
}

// each cuts a text into pieces: those with an id are numbers that may be orders. A number inside a word, an address, or
// an amount of money is none.
func (o orderNumbers) each(text string, piece func(text string, id int64)) {
	from := 0
	for at := 0; at < len(text); {
		if text[at] < '0' || text[at] > '9' {
			at++
			continue
		}
		end := at
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if id, ok := o.likely(text[at:end]); ok && standsAlone(text, at, end) {
			if from < at {
				piece(text[from:at], 0)
			}
			piece(text[at:end], id)
			from = end
		}
		at = end
	}
	if from < len(text) {
		piece(text[from:], 0)
	}
}

func standsAlone(text string, at, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, size := utf8.DecodeRuneInString(text[end:])
	if partOfWord(before) || strings.ContainsRune("/.=@+$€£₺", before) || partOfWord(after) || after == '/' || after == '%' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[end+size*btoi(after != utf8.RuneError):])
	return after != '.' || !unicode.IsDigit(next)
}

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func partOfWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// in are the numbers that a ticket's subject and messages name, the first mostNamed of them; read tells those of a message.
func (o orderNumbers) in(t models.Ticket, messages []models.TicketMessage, read func(body string) namedNumbers) []int64 {
	var ids []int64
	note := func(_ string, id int64) {
		if id != 0 && len(ids) < mostNamed && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	o.each(t.Subject, note)
	for _, m := range messages {
		for _, id := range read(m.Body) {
			if o.has(id) {
				note("", id)
			}
		}
	}
	return ids
}

// namedNumbers are the numbers in a message that are orders of some panel, if any has them.
type namedNumbers []int64

func (n namedNumbers) size() int { return 100 + 8*cap(n) }

// numbersIn reads the numbers in a message. What is so long that it is folded has none: 200 kB of numbers are no question
// about an order. What a form's header says of a payment is no order either, however alike the numbers are.
func numbersIn(body string) namedNumbers {
	if len(body) > foldFrom {
		return nil
	}
	var ids namedNumbers
	note := func(_ string, id int64) {
		if id != 0 {
			ids = append(ids, id)
		}
	}
	numbers := orderNumbers{0, math.MaxInt64}
	header, body, _ := cutHeader(body)
	for _, fact := range header.Facts {
		if !fact.ofPayment() {
			numbers.each(fact.Text, note)
		}
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return ids
	}
	visitTexts(root, func(n *html.Node) { numbers.each(n.Data, note) })
	return ids
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
	if o.UserName != t.UserName {
		chip.Theirs = o.UserName
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
