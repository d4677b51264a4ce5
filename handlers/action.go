package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type actionPage struct {
	Shell  shell
	Detail actionDetail
}

// actionDetail is the page fragment for one outbox action: its state, its facts and the decisions that the viewer may
// make.
type actionDetail struct {
	Frame         detailFrame
	What          string
	State         badge
	Key           models.ActionState
	Words         string
	Facts         []fact
	Message       string
	Cancel, Retry string // the URLs to post to; "" when the viewer may not do it or the state does not allow it
	Decide        *decisionForm
	Payments      actionPayments
	Did           []activityLine
}

// decisionForm asks a person who checked the panel for the result of an action. Attempt is the attempt that they saw.
type decisionForm struct {
	URL     string
	Attempt int
	Address int // the number of the panel's address
	Money   bool
	Shown   bool   // the panel shows the payment, so the action went through and no other answer is possible
	Look    bool   // the action may have reached the panel, so the person has to look there
	Admin   string // the URL of the target in the panel's own admin; "" when unknown
	Draft   bool   // the action is a reply; its text returns to the author's draft if the reply did not go through
	Note    field
	Problem string
}

// action responds with one action, either in the side panel or as a page of its own.
func (a *app) action(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	tag := a.tag(viewer(c), outboxPath(id)+a.turn(), outboxKeys(viewer(c))...) // turn, because a decision becomes possible by time alone
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return a.showAction(c, id, tag, nil)
}

// showAction renders an action. If typed is not nil, the decision form shows the note and the field errors again.
func (a *app) showAction(c *fiber.Ctx, id int64, tag string, typed *decisionForm) error {
	v := viewer(c)
	r, err := a.DB.OutboxRow(c.UserContext(), v, id)
	if err != nil {
		return err
	}
	view, err := a.actionDetail(c, v, r)
	if err != nil {
		return err
	}
	view.Frame.Tag = tag
	if view.Decide != nil && typed != nil {
		view.Decide.Note, view.Decide.Problem = typed.Note, typed.Problem
	}
	page := func(s shell) any { return actionPage{s, view} }
	return serveDetail(a, c, view.Frame, view, page)
}

func (a *app) actionDetail(c *fiber.Ctx, v models.Viewer, r models.OutboxRow) (actionDetail, error) {
	panel, _ := v.Panel(r.PanelID)
	view := actionDetail{
		Frame: detailFrame{Noun: "outbox", Title: "Action " + pathID(r.ID), URL: outboxPath(r.ID), Back: "/outbox", Row: "outbox-row-" + pathID(r.ID),
			ID: r.ID, Panel: panel, Soon: !r.Ended()},
		What: kindLabel(r.Kind), State: a.stateBadge(r), Key: r.State, Words: a.stateWords(r), Facts: a.actionFacts(v, r), Message: r.Payload.Message,
	}
	if r.Cancellable(v) && !r.AsksPerson() { // if the action needs a person's decision, the decision form offers to cancel it
		view.Cancel = view.Frame.URL + "/cancel"
	}
	if r.Retryable(v) {
		view.Retry = view.Frame.URL + "/retry"
	}
	var err error
	if view.Payments, err = a.actionPayments(c.UserContext(), v, r); err != nil {
		return view, err
	}
	if info, _ := r.Kind.Info(); r.Decidable(v, a.Now()) {
		view.Decide = &decisionForm{URL: view.Frame.URL + "/decision", Attempt: r.Attempts, Address: r.PanelAddressNo, Look: r.Attempts > 0 || !r.Moved(), Admin: adminURL(r),
			Money: info.Money, Draft: r.Kind == models.KindReply, Shown: len(view.Payments.Shown) > 0}
	}
	if r.TargetID == 0 {
		return view, nil
	}
	did, err := a.didHere(c.UserContext(), v, models.Object(r.Resource), models.Key{PanelID: r.PanelID, ID: r.TargetID})
	view.Did = did
	return view, err
}

func (a *app) actionFacts(v models.Viewer, r models.OutboxRow) []fact {
	facts := []fact{{Label: "On", Text: targetWords(r), URL: targetURL(r)}}
	r.Payload.Message = "" // the page shows the message in its own block
	if words := payloadWords(v, r); words != "" {
		facts = append(facts, fact{Label: "Details", Text: words})
	}
	if r.Reference != "" {
		facts = append(facts, fact{Label: "Reference", Text: r.Reference})
	}
	if r.Moved() {
		facts = append(facts, fact{Label: "Address when requested", Text: r.Address}, fact{Label: "Address now", Text: r.PanelURL})
	}
	facts = append(facts, fact{Label: "Requested by", Text: r.Username},
		fact{Label: "Requested", Stamp: newStamp(r.CreatedAt, a.Now(), v.Zone)},
		fact{Label: "Attempts", Text: number(int64(r.Attempts)), Number: true})
	for _, f := range []fact{
		{Label: "Sent", Stamp: newStamp(r.SentAt, a.Now(), v.Zone)}, {Label: "Ended", Stamp: newStamp(r.EndedAt, a.Now(), v.Zone)},
		{Label: "Next check", Stamp: newStamp(r.DueAt, a.Now(), v.Zone)},
	} {
		if f.Stamp.Machine != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// cancelAction cancels an action that has not been sent.
func (a *app) cancelAction(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	row, err := a.DB.CancelAction(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	return a.actionMoved(c, row)
}

// retryAction requests an action again after it ended without an effect.
func (a *app) retryAction(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	row, err := a.DB.RetryAction(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	return a.actionMoved(c, row)
}

// decideAction saves a person's decision about an action whose result the program cannot know.
func (a *app) decideAction(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	var form struct {
		Decision string `form:"decision"`
		Attempt  *int   `form:"attempt"`
		Address  *int   `form:"address"`
		Note     string `form:"note"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	seen := models.DecisionSeen{Attempt: orUnknown(form.Attempt), AddressNo: orUnknown(form.Address)}
	row, err := a.DB.DecideSeen(c.UserContext(), viewer(c), id, seen, models.Decision(form.Decision), form.Note)
	if problems, wrong := fieldErrors(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.showAction(c, id, "", &decisionForm{Note: field{strings.TrimSpace(form.Note), problems["note"]}, Problem: problems["decision"]})
	}
	if err != nil {
		return err
	}
	return a.actionMoved(c, row)
}

// orUnknown returns *n, or -1 when the form has no such field.
func orUnknown(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// actionMoved responds after a person changed an action. The side panel gets the whole action, a list only its state.
func (a *app) actionMoved(c *fiber.Ctx, row models.PanelAction) error {
	a.outboxMoved(c, row.PanelID, row.ID)
	switch {
	case !isHTMX(c):
		return back(c, outboxPath(row.ID))
	case fragmentTarget(c) == "side":
		c.Set("HX-Push-Url", outboxPath(row.ID))
		return a.showAction(c, row.ID, "", nil)
	}
	return a.renderState(c, viewer(c), row.ID, "")
}
