package handlers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// outboxState shows an action's state where a person requested it. While the state can still change without a person,
// the browser polls every few seconds. An unchanged state is a 304 without a database query.
type outboxState struct {
	ID            int64
	URL, Tag      string
	Every         string // the polling interval; "" when only a person can change the state
	More          string // the address of the action's own page
	What, Details string
	State         badge
	Key           models.ActionState
	Words, Staff  string
	At            stamp
	Cancel        string // the URL to cancel it; "" when not possible or not permitted
	Asks          bool   // the action needs a decision, and the viewer may make it
}

// outboxPath returns the address of an action.
func outboxPath(id int64) string { return "/outbox/" + pathID(id) }

// outboxKeys returns the version keys of all actions that the viewer may see.
func outboxKeys(v models.Viewer) []string {
	keys := make([]string, len(v.Panels))
	for i, p := range v.Panels {
		keys[i] = jobs.OutboxVersion(p.ID)
	}
	return keys
}

// actionState responds to the poll of an action's state.
func (a *app) actionState(c *fiber.Ctx) error {
	v := viewer(c)
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	tag := a.outboxTag(v, id)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return a.renderState(c, v, id, tag)
}

func (a *app) outboxTag(v models.Viewer, id int64) string {
	return a.tag(v, outboxPath(id)+"/state", outboxKeys(v)...)
}

func (a *app) renderState(c *fiber.Ctx, v models.Viewer, id int64, tag string) error {
	row, err := a.DB.OutboxRow(c.UserContext(), v, id)
	if err != nil {
		return err
	}
	state := a.outboxState(v, row)
	state.Tag = tag
	return a.render(c, "outbox/state", state)
}

// outboxStates returns the states of actions next to their target. They carry no tag, so the first poll renders them
// again.
func (a *app) outboxStates(v models.Viewer, rows []models.OutboxRow) []outboxState {
	states := make([]outboxState, len(rows))
	for i, r := range rows {
		states[i] = a.outboxState(v, r)
	}
	return states
}

func (a *app) outboxState(v models.Viewer, r models.OutboxRow) outboxState {
	s := outboxState{
		ID: r.ID, URL: outboxPath(r.ID) + "/state", More: outboxPath(r.ID), What: kindLabel(r.Kind), Details: payloadWords(v, r),
		State: a.stateBadge(r), Key: r.State, Words: a.stateWords(r), Staff: r.Username, At: newStamp(r.ChangedAt, a.Now(), v.Zone),
		Asks: r.AsksPerson() && r.Kind.May(v),
	}
	if r.Cancellable(v) {
		s.Cancel = outboxPath(r.ID) + "/cancel"
	}
	switch {
	case r.Ended(), r.AsksPerson():
	case r.Held != models.HoldNone, r.State == models.ActionUnconfirmed:
		s.Every = "5s"
	default:
		s.Every = "1s"
	}
	return s
}

func kindLabel(k models.ActionKind) string {
	info, known := k.Info()
	if !known {
		return humanize(string(k))
	}
	return info.Label
}

// stateBadges maps each state to its badge.
var stateBadges = map[string]badge{
	"queued": {Label: "Queued", Tone: "waiting"}, "sending": {Label: "Sending", Tone: "moving"}, "done": {Label: "Done", Tone: "done"},
	"refused": {Label: "Refused", Tone: "failed"}, "unconfirmed": {Label: "Unconfirmed", Tone: "part"},
	"cancelled": {Label: "Cancelled", Tone: "off"}, models.StatusNeedsPerson: {Label: "Needs review", Tone: "failed"},
}

func (a *app) stateBadge(r models.OutboxRow) badge {
	b := stateBadges[r.Status]
	if r.State == models.ActionQueued && !r.AsksPerson() && (r.Held != models.HoldNone || r.Behind || a.Feed.Lost()) {
		b.Label = "Waiting"
	}
	b.Word = string(r.State)
	return b
}

// stateWords says what happened and why, or what the action is waiting for.
func (a *app) stateWords(r models.OutboxRow) string {
	return strings.TrimSpace(causeWords(r) + " " + a.nextWords(r))
}

// waitWords is stateWords for places where the badge already says that an action was sent or will be sent in a moment.
func (a *app) waitWords(r models.OutboxRow) string {
	if r.Words == "" && r.Held == models.HoldNone && !a.Feed.Lost() {
		return causeWords(r)
	}
	return a.stateWords(r)
}

// causeWords explains why the last attempt had no clear result. The cause stays visible in all later states.
func causeWords(r models.OutboxRow) string {
	if r.Cause == "" {
		return ""
	}
	return sentence(r.Cause)
}

// heldWords says what an action waits for while its panel accepts no calls: first to be sent, second to be verified.
var heldWords = map[models.Hold][2]string{
	models.HoldPaused: {"The panel is paused. Masterpanel sends this when the panel is resumed.", "The panel is paused. Masterpanel checks the result when the panel is resumed."},
	models.HoldKey:    {"The panel refused its key. Masterpanel sends this when the key is replaced.", "The panel refused its key. Masterpanel checks the result when the key is replaced."},
	models.HoldDown:   {"The panel does not answer. Masterpanel sends this when it answers.", "The panel does not answer. Masterpanel checks the result when it answers."},
	models.HoldCheck: {"Masterpanel compares the panel's records with the mirror. It sends this when they match.",
		"Masterpanel compares the panel's records with the mirror. It checks the result when they match."},
}

// lostWords replaces heldWords while Redis is unreachable, because then no worker starts a job for any panel.
var lostWords = [2]string{"The queue is not reachable. The action is saved. Masterpanel sends it when the queue is back.",
	"The queue is not reachable. Masterpanel checks the result when the queue is back."}

func (a *app) nextWords(r models.OutboxRow) string {
	sent := 0
	if r.State == models.ActionUnconfirmed {
		sent = 1
	}
	moves := r.State == models.ActionQueued || r.State == models.ActionUnconfirmed
	switch {
	case r.AsksPerson():
		return sentence(cmp.Or(r.Words, "Check the panel, then record the result."))
	case heldWords[r.Held][sent] != "":
		return heldWords[r.Held][sent]
	case moves && a.Feed.Lost():
		return lostWords[sent]
	case r.Behind:
		return "Waiting for an earlier action on the same target."
	case r.Words != "":
		return sentence(r.Words)
	case r.State == models.ActionQueued:
		return "Masterpanel sends it in a moment."
	case r.State == models.ActionDone:
		return "The panel accepted it."
	}
	return ""
}

// payloadWords summarises an action's payload.
func payloadWords(v models.Viewer, r models.OutboxRow) string {
	p := r.Payload
	var words []string
	add := func(label, value string) {
		if value != "" {
			words = append(words, strings.TrimSpace(label+" "+value))
		}
	}
	add("", humanize(p.Status))
	if p.Remains != nil {
		add("remains", number(*p.Remains))
	}
	if p.StartCount != nil {
		add("start count", number(*p.StartCount))
	}
	add("", p.Link)
	add("reason:", p.CancelReason)
	if p.Amount.Valid && v.Can(models.PermSeeMoney) {
		add("", money(p.Amount.Decimal, ""))
	}
	add("by", p.Method)
	add("memo:", p.Memo)
	add("subject:", p.Subject)
	add("", p.Email)
	add("", p.Message)
	return strings.Join(words, ", ")
}

// outboxMoved announces changed actions on a panel and wakes a worker for one that is due. The database already says
// that it is due, so a failed wake-up only delays it by a second.
func (a *app) outboxMoved(c *fiber.Ctx, panelID, id int64) {
	a.changed(c, jobs.OutboxVersion(panelID))
	if err := a.WakeAction(c.UserContext(), id); err != nil {
		a.Log.Warn("outbox: cannot enqueue action, the schedule will enqueue it", "action", id, "error", err)
	}
}

// targetWords names an action's target.
func targetWords(r models.OutboxRow) string {
	names := objectNames[models.Object(r.Resource)]
	if r.TargetName != "" {
		return names[0] + " " + r.TargetName
	}
	return fmt.Sprintf("%s %d", names[0], r.TargetID)
}
