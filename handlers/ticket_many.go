package handlers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"masterpanel/models"
)

// manyPage sends one text to many tickets. The first step shows the form, the second a preview for each ticket with a
// confirm button. The server stores nothing between the steps; the forms hold all data.
type manyPage struct {
	Shell shell
	Form  manyForm
	Check *manyCheck
}

type manyForm struct {
	IDs, Title, Problem string
	Message             field
	Done, Others        bool
	Focus               bool // the keyboard focus belongs here, not in the preview
	Canned              []choice
	Variables           []string
}

// manyCheck is the preview for each ticket. Send is the button's label, "" when no ticket can get the text.
type manyCheck struct {
	Key, Words, Send string
	Input            manyInput
	Tickets          []manyTicket
}

// manyTicket is one ticket of the preview: the text to send, or the problem that prevents it. Seen encodes the part of
// the ticket that the preview showed.
type manyTicket struct {
	Panel               models.PanelRef
	Key                 models.Key
	URL, Subject, User  string
	Text, Problem, Seen string
	Signs               signsWarning
	seen                models.Seen
}

// manyInput holds the sent form. Others means: include tickets that another person is assigned to.
type manyInput struct {
	IDs     string   `form:"ids"`
	All     string   `form:"all"`
	Message string   `form:"message"`
	Done    bool     `form:"done"`
	Others  bool     `form:"others"`
	Step    string   `form:"step"`
	Canned  int64    `form:"canned"`
	Key     string   `form:"key"`
	Seen    []string `form:"seen"`
}

// replyToMany shows the form for the selected tickets, and the preview of its text for each.
func (a *app) replyToMany(c *fiber.Ctx) error {
	var in manyInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	keys, err := a.chosenTickets(c, in)
	if err != nil {
		return a.manyProblem(c, in, 0, err)
	}
	in.IDs, in.All = models.FormatKeys(keys), ""
	switch in.Step {
	case "canned":
		r, err := a.DB.CannedReply(c.UserContext(), viewer(c), in.Canned)
		if err != nil {
			return a.manyProblem(c, in, len(keys), models.Invalid{"canned": "Choose a canned reply."})
		}
		in.Message = r.Body
	case "preview":
		return a.previewMany(c, in, keys)
	}
	return a.manyPage(c, in, len(keys), nil, nil)
}

func (a *app) previewMany(c *fiber.Ctx, in manyInput, keys []models.Key) error {
	if err := models.CheckMassReply(in.Message); err != nil {
		return a.manyProblem(c, in, len(keys), err)
	}
	tickets, err := a.manyTickets(c, in, keys)
	if err != nil {
		return err
	}
	in.Key = uuid.NewString()
	return a.manyPage(c, in, len(keys), newManyCheck(in, tickets), nil)
}

func newManyCheck(in manyInput, tickets []manyTicket) *manyCheck {
	check := &manyCheck{Key: in.Key, Input: in, Tickets: tickets}
	n := 0
	for _, t := range tickets {
		if t.Problem == "" {
			n++
		}
	}
	check.Words = number(int64(n)) + " of " + plural(len(tickets), "ticket", "tickets") + " will get this reply."
	if n > 0 {
		check.Send = "Send " + plural(n, "reply", "replies")
	}
	return check
}

// chosenTickets returns the selected tickets that the viewer may see. It silently skips all others.
func (a *app) chosenTickets(c *fiber.Ctx, in manyInput) ([]models.Key, error) {
	v, values := viewer(c), queryValues(c)
	set(values, "ids", in.IDs)
	set(values, "all", in.All)
	chosen, err := models.ParseSelection(models.TicketList.For(v), values, v.Zone, a.Now())
	if err != nil {
		return nil, err
	}
	var keys []models.Key
	err = a.DB.EachSelected(c.UserContext(), v, chosen, func(some []models.Key) (bool, error) {
		keys = append(keys, some...)
		return len(keys) > models.MostReplied, nil
	})
	if err == nil && len(keys) == 0 {
		err = models.Invalid{"ids": "The selected tickets no longer exist."}
	}
	if err == nil && len(keys) > models.MostReplied {
		err = models.Invalid{"ids": fmt.Sprintf("One reply can go to at most %d tickets. Select fewer.", models.MostReplied)}
	}
	return keys, err
}

// manyTickets fills in the text for each ticket.
func (a *app) manyTickets(c *fiber.Ctx, in manyInput, keys []models.Key) ([]manyTicket, error) {
	var all []manyTicket
	for _, key := range keys {
		one, err := a.manyTicket(c, in, key)
		if errors.Is(err, models.ErrNotFound) {
			continue // it was deleted after the selection
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (a *app) manyTicket(c *fiber.Ctx, in manyInput, key models.Key) (manyTicket, error) {
	ctx, v := c.UserContext(), viewer(c)
	t, messages, err := a.DB.Ticket(ctx, v, key)
	if err != nil {
		return manyTicket{}, err
	}
	panel, _ := v.Panel(key.PanelID)
	open := ticketOpen{detailRequest{noun: "tickets", key: key, viewer: v, panel: panel}, t, messages}
	orders, err := a.customersOrders(c, open)
	if err != nil {
		return manyTicket{}, err
	}
	replies, err := a.DB.TicketReplies(ctx, v, key)
	if err != nil {
		return manyTicket{}, err
	}
	one := manyTicket{Panel: panel, Key: key, URL: pathOf("tickets", key), Subject: t.Subject, User: t.UserName,
		Text: models.Fill(in.Message, open.values(orders)), seen: seenOf(messages, replies)}
	one.Signs = newSignsWarning(panel, one.Text)
	one.Problem = manyProblemOf(v, t, one.Text, in.Others)
	one.Seen = fmt.Sprintf("%s %d %d %x", models.FormatKeys([]models.Key{key}), one.seen.Messages, one.seen.ActionID, sha256.Sum256([]byte(one.Text)))
	return one, nil
}

// manyProblemOf explains why a ticket cannot get the text; "" when it can.
func manyProblemOf(v models.Viewer, t models.Ticket, text string, others bool) string {
	left := models.Unfilled(text)
	switch {
	case t.GoneAt != nil:
		return "The panel no longer has it."
	case t.Status == "closed" || t.Status == "locked":
		return "The panel shows it as " + t.Status + "."
	case t.Holder != "" && t.Holder != v.Username && !others:
		return t.Holder + " has this ticket."
	case left != "":
		return "No value found for " + left + "."
	}
	return ""
}

// manyProblem shows the form again with its errors.
func (a *app) manyProblem(c *fiber.Ctx, in manyInput, n int, err error) error {
	invalid, ok := fieldErrors(err)
	if !ok {
		return err
	}
	return a.manyPage(c, in, n, nil, invalid)
}

func (a *app) manyPage(c *fiber.Ctx, in manyInput, n int, check *manyCheck, invalid models.Invalid) error {
	rows, err := a.DB.CannedReplies(c.UserContext(), viewer(c), "")
	if err != nil {
		return err
	}
	if invalid != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	form := manyForm{IDs: in.IDs, Title: "Reply to " + plural(n, "ticket", "tickets"), Message: field{in.Message, invalid["message"]},
		Done: in.Done, Others: in.Others, Focus: check == nil, Variables: slices.Clone(models.Variables)}
	for _, name := range []string{"ids", "key", "canned"} {
		if form.Problem == "" {
			form.Problem = invalid[name]
		}
	}
	if n == 0 {
		form.Title = "Reply to many tickets"
	}
	for _, r := range rows {
		form.Canned = append(form.Canned, choice{pathID(r.ID), r.Title, r.ID == in.Canned})
	}
	return a.page(c, whole{form.Title, "tickets", "tickets/many", func(s shell) any { return manyPage{s, form, check} }})
}
