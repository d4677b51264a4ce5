package handlers

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"masterpanel/models"
)

// shownOfGroup is how many orders of a group the page shows; all of them can be copied.
const shownOfGroup = 100

// workbenchCheck describes which orders the given IDs stand for.
type workbenchCheck struct {
	Words     string
	Problem   string
	Confirm   *workbenchConfirm
	Can       orderGroup
	Cannot    orderGroup
	Ambiguous []ambiguousLine
	Missing   idGroup
	Odd       idGroup
}

// orderGroup holds orders with the same result of the check; the page shows the first of them.
type orderGroup struct {
	Title, IDs, More string
	Orders           []candidate
}

// idGroup holds IDs or words without further data.
type idGroup struct{ Title, Hint, IDs, Words string }

// candidate is an order with the reason why the action is not possible; "" when it is.
type candidate struct {
	orderLine
	User, Reason string
}

// ambiguousLine is an ID that several panels have, with the choice between them.
type ambiguousLine struct {
	ID int64
	On []ambiguousChoice
}

type ambiguousChoice struct {
	Panel models.PanelRef
	Key   string
}

// workbenchConfirm asks for confirmation. A person must type Count if Typed is true; otherwise the form sends it.
type workbenchConfirm struct {
	Key, Orders, Sentence, Money, Button string
	Hidden                               []hiddenInput
	Panels                               []panelCount
	Count                                int
	Typed, Danger                        bool
	Error                                string
}

// panelCount is how many of the orders belong to a panel.
type panelCount struct {
	Panel models.PanelRef
	Count string
}

// checkOrders finds the orders and, once an action is chosen, decides for each whether the action is possible. It returns
// the result together with an Invalid if the action's input has errors.
func (a *app) checkOrders(ctx context.Context, v models.Viewer, in workbenchInput) (*workbenchCheck, error) {
	found, err := a.DB.ResolveOrders(ctx, v, in.Text, in.Panel, models.ParseKeys(strings.Join(in.Picks, ",")))
	if err != nil {
		return nil, err
	}
	if words := found.GroupedWords(); words != "" && found.Given == 0 {
		return nil, models.Invalid{"ids": words + "."}
	}
	if found.Given == 0 {
		return nil, models.Invalid{"ids": "Paste order IDs, separated by commas, spaces or new lines."}
	}
	check := a.newCheck(v, found)
	n := models.NewBatch{Key: newFormKey(), Kind: models.ActionKind(in.Kind), Payload: in.payload()}
	if in.Kind == "" {
		check.Can = a.orderGroup(v, "Found", found.Orders, nil)
		check.Words += " Choose an action, then check."
		return check, nil
	}
	err = n.Check()
	if problems := in.problems(); len(problems) > 0 {
		err = problems
	}
	if err == nil && !n.Kind.May(v) {
		err = models.Invalid{"kind": "You lack the permission for this action. Choose another one."}
	}
	if err != nil {
		check.Can = a.orderGroup(v, "Found", found.Orders, nil)
		return check, err
	}
	var can, cannot []models.Order
	var reasons []string
	for _, o := range found.Orders {
		if reason := n.Kind.Problem(o, n.Payload); reason != "" {
			cannot, reasons = append(cannot, o), append(reasons, reason)
		} else {
			can = append(can, o)
		}
	}
	check.Can, check.Cannot = a.orderGroup(v, "Eligible", can, nil), a.orderGroup(v, "Not eligible", cannot, reasons)
	check.Words = number(int64(len(can))) + " of " + plural(found.Given, "order", "orders") + " eligible."
	if len(can) > 0 {
		check.Confirm = newWorkbenchConfirm(v, in, n, can)
	}
	return check, nil
}

// newCheck returns a check with the found, missing and ignored IDs, before any action is considered.
func (a *app) newCheck(v models.Viewer, found models.Resolved) *workbenchCheck {
	check := &workbenchCheck{
		Words:   plural(len(found.Orders), "order", "orders") + " of " + plural(found.Given, "id", "ids") + " found.",
		Missing: newIDGroup("Not found", "No order on your panels has these IDs. A very new order may not have arrived yet.", found.Missing),
		Odd:     newIDGroup("Ignored", "These words and numbers are not order IDs.", found.Ignored),
	}
	found.Ignored = nil // these words have a group of their own
	if words := found.LeftOut.Words(); words != "" {
		check.Words += " " + sentence(words)
	}
	for _, one := range found.Ambiguous {
		line := ambiguousLine{ID: one.ID}
		for _, p := range one.On {
			line.On = append(line.On, ambiguousChoice{p, models.FormatKeys([]models.Key{{PanelID: p.ID, ID: one.ID}})})
		}
		check.Ambiguous = append(check.Ambiguous, line)
	}
	return check
}

func newIDGroup(title, hint string, texts []string) idGroup {
	g := idGroup{Title: title + " · " + number(int64(len(texts))), Hint: hint, IDs: strings.Join(texts, "\n")}
	shown := texts[:min(len(texts), shownOfGroup)]
	if g.Words = strings.Join(shown, ", "); len(texts) > len(shown) {
		g.Words += " and " + number(int64(len(texts)-len(shown))) + " more"
	}
	return g
}

func (a *app) orderGroup(v models.Viewer, title string, orders []models.Order, reasons []string) orderGroup {
	keys := make([]models.Key, len(orders))
	for i, o := range orders {
		keys[i] = o.Key
	}
	g := orderGroup{Title: title + " · " + number(int64(len(orders))), IDs: idsOf(keys)}
	for i, o := range orders[:min(len(orders), shownOfGroup)] {
		panel, _ := v.Panel(o.PanelID)
		line := orderLine{Panel: panel, ID: o.ID, URL: pathOf("orders", o.Key), Status: newBadge(o.Status),
			Charge: moneyFor(v, o.Charge, o.Currency), Created: a.createdStamp(v, o.CreatedAt, o.Undated)}
		one := candidate{orderLine: line, User: orNone(o.UserName)}
		if reasons != nil {
			one.Reason = reasons[i]
		}
		g.Orders = append(g.Orders, one)
	}
	if n := len(orders) - len(g.Orders); n > 0 {
		g.More = "and " + number(int64(n)) + " more"
	}
	return g
}

// idsOf returns only the IDs, one per line, for pasting elsewhere.
func idsOf(keys []models.Key) string {
	lines := make([]string, len(keys))
	for i, k := range keys {
		lines[i] = strconv.FormatInt(k.ID, 10)
	}
	return strings.Join(lines, "\n")
}

func newWorkbenchConfirm(v models.Viewer, in workbenchInput, n models.NewBatch, can []models.Order) *workbenchConfirm {
	info, _ := n.Kind.Info()
	var keys []models.Key
	counts := map[int64]int{}
	for _, o := range can {
		keys = append(keys, o.Key)
		counts[o.PanelID]++
	}
	f := &workbenchConfirm{Key: n.Key, Orders: models.FormatKeys(keys), Count: len(can), Typed: n.Kind.MustBeTyped(len(can)), Danger: info.Money,
		Sentence: batchWords(n.Kind, n.Payload) + " · " + plural(len(can), "order", "orders") + " on " + plural(len(counts), "panel", "panels"),
		Money:    moneyEffect(v, n, can), Button: info.Label + " · " + plural(len(can), "order", "orders"),
		Hidden: []hiddenInput{{"kind", in.Kind}, {"status", in.Status}, {"remains", in.Remains}, {"start_count", in.StartCount},
			{"link", in.Link}, {"cancel_reason", in.CancelReason}}}
	for _, p := range v.Panels {
		if counts[p.ID] > 0 {
			f.Panels = append(f.Panels, panelCount{p, number(int64(counts[p.ID]))})
		}
	}
	f.Hidden = slices.DeleteFunc(f.Hidden, func(h hiddenInput) bool { return h.Value == "" })
	return f
}

// moneyEffect describes the effect on money, by currency, for viewers with the right to see money.
func moneyEffect(v models.Viewer, n models.NewBatch, orders []models.Order) string {
	switch n.Kind {
	case models.KindCancel, models.KindSetPartial:
	case models.KindResend:
		return "Customers pay nothing more. The panel orders from the providers again, at their price."
	default:
		return "No money moves."
	}
	if !v.Can(models.PermSeeMoney) {
		return "Customers are refunded."
	}
	var sums []string
	amounts, unknown := n.Kind.Refunds(orders, n.Payload)
	for _, amount := range amounts {
		sums = append(sums, money(amount.Value, amount.Currency))
	}
	leftOut := ""
	if unknown > 0 {
		leftOut = " This leaves out " + plural(unknown, "order", "orders") + " of unknown charge or quantity."
	}
	switch {
	case len(sums) == 0:
		return "Customers are refunded. The amount is unknown for " + plural(unknown, "order", "orders") + "."
	case n.Kind == models.KindSetPartial:
		return "Customers are refunded about " + strings.Join(sums, " and ") + ", for the remains." + leftOut
	}
	return "Customers are refunded " + strings.Join(sums, " and ") + "." + leftOut
}

// batchWords describes the action with its value.
func batchWords(kind models.ActionKind, p models.ActionPayload) string {
	info, _ := kind.Info()
	switch kind {
	case models.KindChangeStatus:
		return info.Label + " to " + humanize(p.Status)
	case models.KindSetPartial:
		return info.Label + ", " + numberOrNone(p.Remains) + " remain"
	case models.KindSetRemains:
		return info.Label + " to " + numberOrNone(p.Remains)
	case models.KindSetStartCount:
		return info.Label + " to " + numberOrNone(p.StartCount)
	case models.KindEditLink:
		return info.Label + " to " + middle(p.Link, linkInDetail)
	case models.KindCancel:
		if p.CancelReason != "" {
			return info.Label + " (" + p.CancelReason + ")"
		}
	}
	return info.Label
}
