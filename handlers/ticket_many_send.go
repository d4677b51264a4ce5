package handlers

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// manyResultsPage shows the results of one text sent to many tickets.
type manyResultsPage struct {
	Shell   shell
	Results manyResults
}

// manyResults is the part of the page that polls until no reply can change without a person.
type manyResults struct {
	URL, Tag, Title, Words, Body string
	When                         stamp
	Moves                        bool
	Tickets                      []manyResult
}

// manyResult is one ticket: the action with its reply, or the reason why there is none.
type manyResult struct {
	Panel   models.PanelRef
	ID      int64
	URL     string
	State   *outboxState
	Problem string
}

// sendToMany sends the confirmed texts. It skips a ticket that changed since the preview.
func (a *app) sendToMany(c *fiber.Ctx) error {
	var in manyInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	in.All = ""
	keys, err := a.chosenTickets(c, in)
	if err != nil {
		return a.manyProblem(c, in, 0, err)
	}
	tickets, err := a.manyTickets(c, in, keys)
	if err != nil {
		return err
	}
	n := models.NewMassReply{Key: in.Key, Body: in.Message, Chosen: in.IDs, Done: in.Done}
	for _, t := range tickets {
		if t.Problem == "" && !slices.Contains(in.Seen, t.Seen) {
			t.Problem = "It changed after the preview."
		}
		n.Tickets = append(n.Tickets, models.MassReplyTicket{Key: t.Key, Text: t.Text, Problem: t.Problem, Messages: t.seen.Messages, Action: t.seen.ActionID})
	}
	id, sent, err := a.DB.ReplyToMany(c.UserContext(), viewer(c), n)
	for _, action := range sent {
		a.outboxMoved(c, action.PanelID, action.ID)
		a.changed(c, resourceKeys(models.Tickets, []int64{action.PanelID})...)
	}
	if err != nil {
		return a.manyProblem(c, in, len(keys), err)
	}
	return back(c, manyURL(id))
}

func manyURL(id int64) string { return "/tickets/reply/" + pathID(id) }

func (a *app) repliedToMany(c *fiber.Ctx) error {
	id, err := idParam(c, "reply")
	if err != nil {
		return err
	}
	v := viewer(c)
	tag := a.tag(v, manyURL(id), outboxKeys(v)...)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	m, tickets, actions, err := a.DB.MassReply(c.UserContext(), v, id)
	if err != nil {
		return err
	}
	results := a.manyResults(v, m, tickets, actions)
	results.Tag = tag
	return a.page(c, whole{results.Title, "tickets", "tickets/many-results-page", func(s shell) any { return manyResultsPage{s, results} }},
		fragment{"tickets-many", "tickets/many-results", results})
}

func (a *app) manyResults(v models.Viewer, m models.MassReply, tickets []models.MassReplyTicket, actions map[int64]models.OutboxRow) manyResults {
	r := manyResults{URL: manyURL(m.ID), Title: "Reply to " + plural(len(tickets), "ticket", "tickets"), Body: m.Body, When: newStamp(m.CreatedAt, a.Now(), v.Zone)}
	var done, out, moving int
	for _, t := range tickets {
		panel, _ := v.Panel(t.PanelID)
		one := manyResult{Panel: panel, ID: t.ID, URL: pathOf("tickets", t.Key), Problem: t.Problem}
		row, kept := actions[t.ActionID]
		switch {
		case kept:
			state := a.outboxState(v, row)
			if state.Every != "" {
				moving++
			}
			if row.State == models.ActionDone {
				done++
			}
			state.Every = "" // the page refreshes all of them together
			one.State = &state
		case t.Problem == "":
			one.Problem = "Masterpanel no longer has its result."
		default:
			out++
		}
		r.Tickets = append(r.Tickets, one)
	}
	r.Moves, r.Words = moving > 0, manyWords(len(tickets), done, moving, out)
	return r
}

// manyWords summarises the results of all tickets.
func manyWords(all, done, moving, out int) string {
	words := []string{number(int64(done)) + " of " + number(int64(all)) + " sent"}
	if moving > 0 {
		words = append(words, number(int64(moving))+" in progress")
	}
	if out > 0 {
		words = append(words, number(int64(out))+" not sent")
	}
	return strings.Join(words, ", ")
}
