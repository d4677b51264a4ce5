package handlers

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/visible"
)

// composer is the reply form of a ticket. A refresh leaves it unchanged, so Seen records how much of the conversation
// its author has seen.
type composer struct {
	May       bool
	URL       string
	DraftURL  string // saves the text as a draft during typing
	Key       string
	As        string
	Seen      models.Seen
	Message   field
	Macro     composerMacro
	CannedURL string
	Problem   string
	Hint      string
	Signs     signsWarning
	Collision *collision
}

// composerMacro describes the extra steps after sending. Without an ID there are none.
type composerMacro struct {
	ID, Order, Then, Error string
	NeedsOrder             bool
}

// collision is what arrived while the reply was being written.
type collision struct {
	Words    string
	Messages []ticketMessage
	Replies  []outgoingReply
}

// outgoing holds replies that the panel's conversation does not show yet, or that the panel refused.
type outgoing struct{ Replies []outgoingReply }

type outgoingReply struct {
	ID               int64
	Sender, Text     string
	At               stamp
	State            badge
	Words, CancelURL string
	DecideURL        string
}

// repliedView is the response to a reply: a new composer, and the reply that is being sent.
type repliedView struct {
	Compose  composer
	Outgoing outgoing
}

const (
	// shownAfterEnd is how long an accepted reply stays visible here; by then the panel's own copy must have been read.
	shownAfterEnd = time.Minute
	// shownRefused is how long a refused reply stays visible.
	shownRefused = 24 * time.Hour
)

func (a *app) newComposer(o ticketOpen, seen models.Seen, text string) composer {
	at := pathOf("tickets", o.key)
	compose := composer{May: models.KindReply.May(o.viewer), URL: at + "/replies", DraftURL: at + "/draft", CannedURL: at + "/canned", Key: uuid.NewString(),
		As: o.viewer.Username, Seen: seen, Message: field{Value: text}, Signs: newSignsWarning(o.panel, text)}
	switch {
	case o.ticket.GoneAt != nil:
		compose.Hint = "The panel no longer has this ticket. It will refuse a reply, and the text comes back here."
	case o.ticket.Status == "closed" || o.ticket.Status == "locked":
		compose.Hint = "The panel shows this ticket as " + o.ticket.Status + ". It may refuse a reply."
	}
	return compose
}

func seenOf(messages []models.TicketMessage, replies []models.PanelAction) models.Seen {
	seen := models.Seen{Messages: len(messages)}
	for _, r := range replies {
		seen.ActionID = max(seen.ActionID, r.ID)
	}
	return seen
}

func (a *app) outgoing(v models.Viewer, replies []models.PanelAction, messages []models.TicketMessage, t models.Ticket) outgoing {
	var out outgoing
	for _, r := range replies {
		if a.onItsWay(r, t) && !r.ShownIn(messages) {
			out.Replies = append(out.Replies, a.outgoingReply(v, r))
		}
	}
	return out
}

func (a *app) onItsWay(r models.PanelAction, t models.Ticket) bool {
	switch r.State {
	case models.ActionCancelled:
		return false
	case models.ActionRefused:
		return a.Now().Sub(r.EndedAt) < shownRefused && t.UpdatedAt.Before(r.EndedAt)
	case models.ActionDone:
		return a.Now().Sub(r.EndedAt) < shownAfterEnd
	}
	return true
}

// replyStates maps the state of a reply to the badge beside it.
var replyStates = map[models.ActionState]badge{
	models.ActionQueued:      {Label: "Sends in a moment", Tone: "waiting"},
	models.ActionSending:     {Label: "Sending", Tone: "moving"},
	models.ActionDone:        {Label: "Sent", Tone: "done"},
	models.ActionRefused:     {Label: "Refused", Tone: "failed"},
	models.ActionUnconfirmed: {Label: "Unconfirmed", Tone: "part"},
}

func (a *app) outgoingReply(v models.Viewer, r models.PanelAction) outgoingReply {
	panel, _ := v.Panel(r.PanelID)
	row := r.Row(panel.Hold)
	shown := outgoingReply{ID: r.ID, Sender: r.Username, Text: r.Payload.Message, At: newStamp(r.CreatedAt, a.Now(), v.Zone),
		State: replyStates[r.State], Words: a.waitWords(row)}
	if state := a.stateBadge(row); state.Label != stateBadges[row.Status].Label || r.AsksPerson() {
		shown.State = state
	}
	switch {
	case !models.KindReply.May(v):
	case r.AsksPerson(): // the decision form can cancel it
		shown.DecideURL = outboxPath(r.ID)
	case r.State == models.ActionQueued:
		shown.CancelURL = pathOf("tickets", models.Key{PanelID: r.PanelID, ID: r.TargetID}) + "/replies/" + strconv.FormatInt(r.ID, 10) + "/cancel"
	}
	return shown
}

type replyForm struct {
	Message    string `form:"message"`
	Key        string `form:"key"`
	Seen       *int   `form:"seen"`
	SeenAction int64  `form:"seen_action"`
	Then       string `form:"then"`
	Macro      int64  `form:"macro"`
	Order      string `form:"macro_order"`
}

func (f replyForm) seen() *models.Seen {
	if f.Seen == nil {
		return nil
	}
	return &models.Seen{Messages: *f.Seen, ActionID: f.SeenAction}
}

// may returns middleware that admits only viewers with the right to this kind of action.
func (a *app) may(kind models.ActionKind) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !kind.May(viewer(c)) {
			return models.ErrNotAllowed
		}
		return c.Next()
	}
}

// order returns the order of a macro, or 0 if the field has no number.
func (f replyForm) order() int64 {
	id, err := strconv.ParseInt(strings.TrimSpace(f.Order), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

func (a *app) reply(c *fiber.Ctx) error {
	o, err := a.openTicket(c)
	if err != nil {
		return err
	}
	var form replyForm
	if err := readForm(c, &form); err != nil {
		return err
	}
	action, err := a.DB.Reply(c.UserContext(), o.viewer, models.NewReply{Ticket: o.key, Message: visible.Trim(form.Message), Key: form.Key,
		Seen: form.seen(), Done: form.Then == "done", Macro: form.Macro, Order: form.order()})
	if err != nil {
		return a.replyProblem(c, o, form, err)
	}
	a.changed(c, jobs.ResourceVersion(o.key.PanelID, models.Tickets))
	a.outboxMoved(c, action.PanelID, action.ID)
	if form.Then == "next" {
		return a.toNext(c, o)
	}
	return a.replied(c, o, "")
}

// toNext redirects to the ticket that has waited longest after this one, or to the list if there is none.
func (a *app) toNext(c *fiber.Ctx, o ticketOpen) error {
	_, next, err := a.DB.TicketNeighbours(c.UserContext(), o.viewer, o.ticket)
	if err != nil {
		return err
	}
	path := "/tickets"
	if next.ID != 0 {
		path = pathOf("tickets", next)
	}
	switch {
	case !isHTMX(c):
		return back(c, path)
	case next.ID == 0:
		c.Set("HX-Redirect", path)
	default:
		c.Set("HX-Location", `{"path":"`+path+`","target":"#tickets-detail","swap":"outerHTML"}`)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// replied shows the ticket after a reply: the outgoing reply, and a composer that is empty or holds the returned text.
func (a *app) replied(c *fiber.Ctx, o ticketOpen, text string) error {
	if !isHTMX(c) {
		return back(c, pathOf("tickets", o.key))
	}
	replies, err := a.DB.TicketReplies(c.UserContext(), o.viewer, o.key)
	if err != nil {
		return err
	}
	return a.render(c, "tickets/replied", repliedView{a.newComposer(o, seenOf(o.messages, replies), text),
		a.outgoing(o.viewer, replies, o.messages, o.ticket)})
}

// replyProblem returns the form with all typed values and the error.
func (a *app) replyProblem(c *fiber.Ctx, o ticketOpen, form replyForm, err error) error {
	invalid, isInvalid := fieldErrors(err)
	var changed *models.Collision
	status := fiber.StatusUnprocessableEntity
	compose := a.newComposer(o, models.Seen{}, form.Message)
	compose.Key, compose.Macro = form.Key, a.macroOf(c, o.viewer, form)
	if seen := form.seen(); seen != nil {
		compose.Seen = *seen
	}
	switch {
	case errors.As(err, &changed):
		status = fiber.StatusConflict
		compose.Seen, compose.Collision = changed.Now, a.collision(o, changed)
	case isInvalid:
		compose.Macro.Error = invalid["macro"]
		compose.Message.Error, compose.Problem = invalid["message"], invalid["key"]
		if compose.Problem != "" {
			compose.Key = uuid.NewString()
		}
	default:
		return err
	}
	c.Status(status)
	if isHTMX(c) {
		return a.render(c, "tickets/compose", compose)
	}
	view, err := a.ticketDetail(c, o)
	if err != nil {
		return err
	}
	view.Compose = compose
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return ticketPage{s, view} })
}

// macroOf restores the macro of a sent form.
func (a *app) macroOf(c *fiber.Ctx, v models.Viewer, form replyForm) composerMacro {
	if form.Macro == 0 {
		return composerMacro{}
	}
	r, err := a.DB.CannedReply(c.UserContext(), v, form.Macro)
	if err != nil {
		return composerMacro{}
	}
	return composerMacro{ID: pathID(r.ID), Order: form.Order, Then: thenWords(r), NeedsOrder: r.ThenOrder != ""}
}

func (a *app) collision(o ticketOpen, changed *models.Collision) *collision {
	shown := &collision{Words: "This ticket changed after you opened it. Nothing was sent. Read the new messages, then send or change your reply."}
	for _, m := range changed.Messages {
		shown.Messages = append(shown.Messages, a.ticketMessage(o.viewer, m, messageMarks{}))
	}
	for _, r := range changed.Replies {
		shown.Replies = append(shown.Replies, a.outgoingReply(o.viewer, r))
	}
	return shown
}

func (a *app) cancelReply(c *fiber.Ctx) error {
	o, err := a.openTicket(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("action"), 10, 64)
	if err != nil {
		return models.ErrNotFound
	}
	action, err := a.DB.PanelAction(c.UserContext(), o.viewer, id)
	if err == nil && (action.Kind != models.KindReply || action.PanelID != o.key.PanelID || action.TargetID != o.key.ID) {
		err = models.ErrNotFound
	}
	if err != nil {
		return err
	}
	action, err = a.DB.CancelAction(c.UserContext(), o.viewer, id)
	if err != nil {
		return err
	}
	a.outboxMoved(c, action.PanelID, action.ID)
	draft, err := a.DB.Draft(c.UserContext(), o.viewer, o.key)
	if err != nil {
		return err
	}
	return a.replied(c, o, draft)
}

func (a *app) saveDraft(c *fiber.Ctx) error {
	d, err := readDetail(c, "tickets")
	if err != nil {
		return err
	}
	var form struct {
		Message string `form:"message"`
		Key     string `form:"key"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if err := a.DB.SaveDraft(c.UserContext(), d.viewer, d.key, form.Message, form.Key); err != nil {
		return err
	}
	if err := a.Presence.At(c.UserContext(), d.viewer, d.key, form.Message != ""); err != nil {
		a.Log.Warn("presence: cannot record typing", "error", err)
	}
	return c.SendStatus(fiber.StatusNoContent)
}
