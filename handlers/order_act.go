package handlers

import (
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// orderActionsPage shows an order's action menu, or the form of one action, as a page of its own.
type orderActionsPage struct {
	Shell   shell
	Actions orderActions
}

// orderActions shows the menu, or the form if the address has a kind.
type orderActions struct {
	Frame  detailFrame
	Status badge
	Menu   orderMenu
	Form   *orderForm
	Title  string
	Latest []outboxState // the latest actions on the order
}

// statesShown is how many of its latest actions an order shows.
const statesShown = 5

// orderActions responds with the possible actions on an order, or with the form of one action for ?kind=.
func (a *app) orderActions(c *fiber.Ctx) error {
	d, err := readDetail(c, "orders")
	if err != nil {
		return err
	}
	a.watch(c, d)
	if c.Query("kind") == "" {
		return a.showOrderActions(c, d, nil)
	}
	info, ok := models.ActionKind(c.Query("kind")).Info()
	if !ok || info.Resource != models.Orders {
		return models.ErrNotFound
	}
	return a.showOrderActions(c, d, &orderFields{Kind: string(info.Kind)})
}

// orderFields are the form fields of an action on an order.
type orderFields struct {
	Kind       string `form:"kind"`
	Key        string `form:"key"`
	Status     string `form:"status"`
	Remains    string `form:"remains"`
	StartCount string `form:"start_count"`
	Link       string `form:"link"`
	Reason     string `form:"cancel_reason"`
	problems   models.Invalid
}

// action builds the action from the fields. It reads only the fields of the chosen kind and ignores others, which a
// hand-written request may contain.
func (f *orderFields) action(key models.Key) models.NewAction {
	n := models.NewAction{Key: f.Key, Kind: models.ActionKind(f.Kind), PanelID: key.PanelID, TargetID: key.ID}
	f.problems = models.Invalid{}
	switch n.Kind {
	case models.KindChangeStatus:
		n.Payload.Status = f.Status
	case models.KindSetPartial, models.KindSetRemains:
		n.Payload.Remains = f.whole("remains", f.Remains)
	case models.KindSetStartCount:
		n.Payload.StartCount = f.whole("start_count", f.StartCount)
	case models.KindEditLink:
		n.Payload.Link = visible.Trim(f.Link)
	case models.KindCancel:
		n.Payload.CancelReason = strings.TrimSpace(f.Reason)
	}
	return n
}

// whole parses a whole number. It returns nil, which no kind accepts, if the text is not one.
func (f *orderFields) whole(name, text string) *int64 {
	n, problem := readWhole(text)
	if problem != "" {
		f.problems[name] = problem
		return nil
	}
	return &n
}

// actOnOrder saves an action on an order and responds with its state.
func (a *app) actOnOrder(c *fiber.Ctx) error {
	var fields orderFields
	if err := readForm(c, &fields); err != nil {
		return err
	}
	switch info, known := models.ActionKind(fields.Kind).Info(); {
	case !known || info.Resource != models.Orders:
		return models.Invalid{"kind": "Choose an action."}
	case !info.Kind.May(viewer(c)):
		return models.ErrNotAllowed
	}
	d, err := readDetail(c, "orders")
	if err != nil {
		return err
	}
	row, err := a.DB.Enqueue(c.UserContext(), d.viewer, fields.action(d.key))
	if problems, wrong := fieldErrors(err); wrong {
		for name, words := range problems {
			if fields.problems[name] == "" {
				fields.problems[name] = words
			}
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return a.showOrderActions(c, d, &fields)
	}
	if err != nil {
		return err
	}
	a.outboxMoved(c, row.PanelID, row.ID)
	switch {
	case !isHTMX(c):
		return back(c, pathOf("orders", d.key))
	case fragmentTarget(c) == "side":
		c.Set("HX-Push-Url", pathOf("orders", d.key))
		return a.order(c)
	}
	return a.renderState(c, d.viewer, row.ID, "")
}

// showOrderActions shows the menu. If fields is not nil, it shows their form with the errors.
func (a *app) showOrderActions(c *fiber.Ctx, d detailRequest, fields *orderFields) error {
	ctx := c.UserContext()
	o, err := a.DB.Order(ctx, d.viewer, d.key)
	if err != nil {
		return err
	}
	latest, err := a.DB.OutboxOn(ctx, d.viewer, models.Orders, d.key, statesShown)
	if err != nil {
		return err
	}
	view := orderActions{Frame: d.frame("Order", o.ID), Status: newBadge(o.Status), Menu: newOrderMenu(d.viewer, o), Title: "Actions",
		Latest: a.outboxStates(d.viewer, latest)}
	view.Frame.Back = view.Frame.URL
	if fields != nil {
		info, _ := models.ActionKind(fields.Kind).Info()
		if !info.Kind.May(d.viewer) {
			return models.ErrNotAllowed
		}
		form := newOrderForm(d.viewer, info, o, lastAction(latest))
		form.Problem = o.Problem(info.Kind)
		form.fill(*fields)
		view.Form, view.Title = &form, info.Label
	}
	return a.page(c, whole{view.Frame.Title + " · " + view.Title, "orders", "orders/actions-page",
		func(s shell) any { return orderActionsPage{s, view} }},
		fragment{"side", "orders/actions", view}, fragment{"orders-actions", "orders/actions", view})
}

// shownFor is how long a finished action stays at the top of its order. After that only the history shows it.
const shownFor = 10 * time.Minute

// lately returns the actions that are pending or ended less than shownFor ago.
func (a *app) lately(rows []models.OutboxRow) []models.OutboxRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r models.OutboxRow) bool {
		return r.Ended() && a.Now().Sub(r.EndedAt) > shownFor
	})
}

func lastAction(latest []models.OutboxRow) int64 {
	if len(latest) == 0 {
		return 0
	}
	return latest[0].ID
}

// fill puts the typed values and their errors back into the form.
func (f *orderForm) fill(typed orderFields) {
	p := typed.problems
	if p == nil {
		return
	}
	for _, name := range []string{"kind", "key"} {
		if p[name] != "" {
			f.Problem = p[name]
		}
	}
	f.StatusError = p["status"]
	for i := range f.Statuses {
		f.Statuses[i].Current = f.Statuses[i].Value == typed.Status
	}
	if f.Number != nil {
		f.Number.field = field{map[string]string{"remains": typed.Remains, "start_count": typed.StartCount}[f.Number.Name], p[f.Number.Name]}
	}
	if f.Link != nil {
		f.Link = &field{typed.Link, p["link"]}
	}
	if f.Reason != nil {
		f.Reason = &field{typed.Reason, p["cancel_reason"]}
	}
}
