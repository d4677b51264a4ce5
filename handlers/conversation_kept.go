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

// A conversation is loaded again whenever part of it changes, but nearly all of its messages stay the same. Sanitising
// and rendering a message is slow, so each result is cached and shared by all viewers that see the message in the same
// form.

// writtenMessage is the HTML of one message, rendered by our template.
type writtenMessage string

func (m writtenMessage) size() int { return 100 + len(m) }

// messageLook returns the part of the cache key that all messages of a conversation share. It covers the viewer's time
// zone, the current year (dates of this year omit it) and the current state of the orders that are marked in messages.
// Each of them can appear in any message, so a change of one invalidates all messages. The set of likely order numbers
// needs no place in the key, because only the found orders are rendered. Every other input of the rendering must be
// added here; otherwise one person could see HTML that was rendered for another.
func (a *app) messageLook(v models.Viewer, marks messageMarks) rowName {
	text := texts(nil, v.Zone.String(), strconv.Itoa(a.Now().In(v.Zone).Year()))
	for _, id := range slices.Sorted(maps.Keys(marks.chips)) {
		text = spell(text, reflect.ValueOf(marks.chips[id]))
	}
	return sha256.Sum256(text)
}

// writtenMessage returns the rendered message, from the cache if possible. The HTML is safe, as a list row is, because
// html/template rendered it from our own template.
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

// numbersIn returns the numbers in a message, from the cache if possible.
func (a *app) numbersIn(body string) namedNumbers {
	name := rowName(sha256.Sum256([]byte(body)))
	ids, there := a.named.get(name)
	if !there {
		ids = numbersIn(body)
		a.named.put(name, ids)
	}
	return ids
}
