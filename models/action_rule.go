package models

import "slices"

// orderRule says when an order allows a kind of action. never lists the statuses that exclude it; only, if set, lists
// the statuses that allow it. offer is the name of the panel's own flag for the action: if the panel sends that flag,
// it must be true.
type orderRule struct {
	never, only []string
	offer       string
}

var orderRules = map[ActionKind]orderRule{
	KindChangeStatus:  {never: []string{"partial", "canceled"}},
	KindSetPartial:    {never: []string{"partial", "canceled"}, offer: "set_partial"},
	KindSetStartCount: {never: []string{"partial", "canceled"}, offer: "set_start_count"},
	KindSetRemains:    {never: []string{"pending", "partial", "canceled"}, offer: "set_remains"},
	KindEditLink:      {never: finalStatuses, offer: "edit"},
	KindCancel:        {never: finalStatuses, offer: "cancel_and_refund"},
	KindRequestCancel: {never: append([]string{"fail"}, finalStatuses...), offer: "request_cancel"},
	KindResend:        {only: []string{"fail", "error"}, offer: "resend"},
}

// OrderProblem returns why this kind cannot be applied to an order in this state, "" if it can.
func (k ActionKind) OrderProblem(now Sight) string {
	rule := orderRules[k]
	offered, told := now.Offers[rule.offer]
	switch {
	case slices.Contains(rule.never, now.Status), len(rule.only) > 0 && !slices.Contains(rule.only, now.Status):
		return "This is not possible for an order that is " + statusWords(now.Status) + "."
	case k == KindRequestCancel && now.Mode == "manual":
		return "A manual order has no provider to ask."
	case told && !offered:
		return "The panel does not allow this for the order now."
	}
	return ""
}

// Problem returns why this kind cannot be applied to the mirrored order, "" if it can. Before sending, the worker also
// asks the panel, which knows its offers.
func (o Order) Problem(k ActionKind) string { return k.OrderProblem(sightOf(o)) }

// Problem returns why the action cannot be applied to a target in this state, "" if it can.
func (a PanelAction) Problem(now Sight) string {
	if a.Kind == KindAddUser && now.Copies+now.Unread > 0 {
		return "The panel already has a user with this name."
	}
	if a.Resource != Orders {
		return ""
	}
	if problem := a.Kind.OrderProblem(now); problem != "" {
		return problem
	}
	if r := a.Payload.Remains; r != nil && now.Quantity > 0 && *r > now.Quantity {
		return "The remains cannot be more than the ordered quantity."
	}
	return ""
}

// Problem returns why this kind with this payload cannot be applied to the mirrored order, "" if it can.
func (k ActionKind) Problem(o Order, p ActionPayload) string {
	return PanelAction{Kind: k, Resource: Orders, Payload: p}.Problem(sightOf(o))
}

func statusWords(status string) string {
	switch status {
	case "":
		return "in an unknown status"
	case "in_progress":
		return "in progress"
	case "fail":
		return "failed"
	}
	return status
}
