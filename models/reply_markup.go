package models

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"
)

// Markup is how a panel keeps the signs < and & of a reply.
type Markup string

// The kinds of markup. MarkupHTML means that a reply is HTML, so that text in it must be escaped. MarkupText means that
// the panel escapes the text. MarkupUnknown means that no read-back has shown it yet.
const (
	MarkupUnknown Markup = ""
	MarkupHTML    Markup = "html"
	MarkupText    Markup = "text"
)

// HasMarkup reports whether a panel that keeps HTML would change the text.
func HasMarkup(text string) bool { return strings.ContainsAny(text, "<&") }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// SentMessage returns the message as it is sent to the panel: escaped if the panel kept HTML when the attempt began.
func (a PanelAction) SentMessage() string {
	if a.Before != nil && a.Before.Escaped {
		return escaper.Replace(a.Payload.Message)
	}
	return a.Payload.Message
}

// IsShownAs reports whether a message body on the panel is the action's message. A panel that escapes text shows an
// escaped message as escaped twice.
func (a PanelAction) IsShownAs(body string) bool {
	sent := a.SentMessage()
	return SameText(body, a.Payload.Message) || sent != a.Payload.Message && SameText(body, sent)
}

// wrapped matches the tags that panels put around the lines of a text.
var wrapped = regexp.MustCompile(`(?i)</?(p|div|li|br)\b[^>]*>`)

// MarkupOf returns what the read-back of a reply shows about its panel, MarkupUnknown if it shows nothing. body is the
// message as the panel returns it, sent as the program sent it.
func MarkupOf(body, sent string) Markup {
	bare := func(text string) string { return collapse(wrapped.ReplaceAllString(text, " ")) }
	shown, text := bare(body), bare(sent)
	switch {
	case !HasMarkup(text):
		return MarkupUnknown
	case shown == text:
		return MarkupHTML
	case !strings.Contains(shown, "<") && html.UnescapeString(shown) == text:
		return MarkupText
	}
	return MarkupUnknown
}

// setEscaped stores in the sight before an attempt whether its message is escaped.
func (db *DB) setEscaped(ctx context.Context, a PanelAction, now *Sight) error {
	if a.Kind != KindReply && a.Kind != KindOpenTicket || !HasMarkup(a.Payload.Message) {
		return nil
	}
	var keeps Markup
	if err := db.idb.NewRaw("SELECT reply_markup FROM panels WHERE id = ?", a.PanelID).Scan(ctx, &keeps); err != nil {
		return fmt.Errorf("reading how panel %d keeps replies: %w", a.PanelID, err)
	}
	now.Escaped = keeps == MarkupHTML
	return nil
}

// LearnMarkup stores how a panel keeps replies, as the read-back of a reply to its current address showed it.
func (db *DB) LearnMarkup(ctx context.Context, a PanelAction, m Markup) error {
	_, err := db.idb.NewRaw("UPDATE panels SET reply_markup = ?0 WHERE id = ?1 AND reply_markup <> ?0 AND address_no = ?2",
		m, a.PanelID, a.AddressNo).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storing how panel %d keeps replies: %w", a.PanelID, err)
	}
	return nil
}
