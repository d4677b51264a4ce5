package handlers

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html/template"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"masterpanel/models"
)

// A conversation is read again whenever something of it changes, and nearly all of its messages are as they were. To
// sanitise a message and to write it is slow, so both are done once for all that it looks alike for.

// writtenMessage is a message as our template wrote it.
type writtenMessage string

func (m writtenMessage) size() int { return 100 + len(m) }

// messageLook is what the look of a conversation's messages is made from beside the messages: the viewer's time zone; the
// year, which is left out of this year's dates; and the orders that are marked in them, as they are now. Any of those may
// stand in any message once it is sanitised, so a change of one has all written anew. Which numbers are likely orders
// does not matter beside which were found. Whatever else messages are made from belongs in here, or one person would see
// what was made for another.
func (a *app) messageLook(v models.Viewer, marks messageMarks) rowName {
	text := texts(nil, v.Zone.String(), strconv.Itoa(a.Now().In(v.Zone).Year()))
	for _, id := range slices.Sorted(maps.Keys(marks.chips)) {
		text = spell(text, reflect.ValueOf(marks.chips[id]))
	}
	return sha256.Sum256(text)
}

// writtenMessage writes a message, or finds what it wrote of the same. Its result is safe HTML as a row is: html/template
// wrote it, of our own template.
func (a *app) writtenMessage(v models.Viewer, m models.TicketMessage, marks messageMarks, look rowName) (template.HTML, error) {
	name := rowName(sha256.Sum256(spell(look[:], reflect.ValueOf(&m).Elem())))
	written, there := a.said.get(name)
	if !there {
		var text bytes.Buffer
		if err := a.engine.Templates.ExecuteTemplate(&text, "tickets/message", a.ticketMessage(v, m, marks)); err != nil {
			return "", fmt.Errorf("render tickets/message: %w", err)
		}
		written = writtenMessage(text.String())
		a.said.put(name, written)
	}
	return template.HTML(written), nil // #nosec G203 -- see above
}

// numbersIn reads the numbers in a message, or finds those that it read in the same.
func (a *app) numbersIn(body string) namedNumbers {
	name := rowName(sha256.Sum256([]byte(body)))
	ids, there := a.named.get(name)
	if !there {
		ids = numbersIn(body)
		a.named.put(name, ids)
	}
	return ids
}
