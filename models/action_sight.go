package models

import "slices"

// Sight is the state of an action's target on the panel at one moment. Two of them show whether the action was applied.
type Sight struct {
	// Copies counts the messages with a reply's sender and text, the payments with a payment's reference, the tickets
	// that begin like the one to open, or the users with a new user's name. Unread counts the messages that could not
	// be read, or the users with a new user's name and another e-mail.
	Copies int `json:"copies,omitempty"`
	Unread int `json:"unread,omitempty"`
	// Escaped reports whether the message is sent as HTML with its signs escaped. Markup is what the read-back of the
	// message shows about its panel.
	Escaped bool   `json:"escaped,omitempty"`
	Markup  Markup `json:"-"`
	// Others are how many of those copies may be of other, equal actions: see EqualActions.
	Others int `json:"-"`
	// Found are the ids of those payments. Perhaps are the ids of payments whose memo may be ours with its end cut off.
	Found   []int64 `json:"-"`
	Perhaps []int64 `json:"-"`
	// The other fields describe an order. Offers says which actions the panel offers for it now.
	Status     string          `json:"status,omitempty"`
	Mode       string          `json:"mode,omitempty"`
	Link       string          `json:"link,omitempty"`
	Quantity   int64           `json:"quantity,omitempty"`
	StartCount *int64          `json:"start_count,omitempty"`
	Remains    *int64          `json:"remains,omitempty"`
	Offers     map[string]bool `json:"offers,omitempty"`
}

// Finding is the result of a search for an action on its panel.
type Finding int

// The findings. Unclear means that something changed, but not in the way of the action.
const (
	NotApplied Finding = iota
	Applied
	Unclear
)

// sightOf returns the state of a mirrored order.
func sightOf(o Order) Sight {
	return Sight{Status: o.Status, Mode: o.Mode, Link: o.Link, Quantity: valueOf(o.Quantity), StartCount: o.StartCount, Remains: o.Remains}
}

// counted reports whether the action adds a record. Such an action is found by counting.
func (a PanelAction) counted() bool {
	return a.Kind == KindReply || a.Kind == KindAddPayment || a.Kind == KindOpenTicket || a.Kind == KindAddUser
}

// Holds reports whether the panel already has the state that the action asks for, so that there is nothing to send.
func (a PanelAction) Holds(now Sight) bool {
	switch a.Kind {
	case KindReply, KindAddPayment, KindOpenTicket, KindAddUser:
		return a.Before != nil && now.Copies > a.Before.Copies+now.Others
	case KindChangeStatus:
		return now.Status == a.Payload.Status
	case KindSetStartCount:
		return sameNumber(now.StartCount, a.Payload.StartCount)
	case KindSetRemains:
		return sameNumber(now.Remains, a.Payload.Remains)
	case KindEditLink:
		return now.Link == a.Payload.Link
	}
	return false
}

// Look compares the panel's current state with its state before the attempt.
func (a PanelAction) Look(now Sight) Finding {
	if a.Before == nil {
		return Unclear
	}
	was := *a.Before
	switch {
	case a.counted() && now.Copies <= was.Copies+now.Others:
		return unlessClear(now.Copies == was.Copies && now.Unread == was.Unread)
	case a.Holds(now), a.brought(was, now):
		return Applied
	case a.Kind == KindSetStartCount:
		return unlessClear(unmoved(now.StartCount, was.StartCount))
	case a.Kind == KindSetRemains:
		return unlessClear(unmoved(now.Remains, was.Remains))
	case a.Kind == KindEditLink:
		return unlessClear(now.Link == was.Link)
	case a.Kind == KindRequestCancel:
		offered, told := now.Offers["request_cancel"]
		return unlessClear(now.Status == was.Status && told && offered)
	}
	return unlessClear(now.Status == was.Status)
}

func unlessClear(asBefore bool) Finding {
	if asBefore {
		return NotApplied
	}
	return Unclear
}

// brought reports whether an order moved to a state that only this action, or one like it, leads to.
func (a PanelAction) brought(was, now Sight) bool {
	switch a.Kind {
	case KindCancel:
		return now.Status == "canceled"
	case KindSetPartial:
		return now.Status == "partial" && sameNumber(now.Remains, a.Payload.Remains)
	case KindResend:
		return slices.Contains([]string{"pending", "processing", "in_progress", "completed"}, now.Status)
	case KindRequestCancel:
		offered, told := now.Offers["request_cancel"]
		return now.Status == "canceled" || now.Status == was.Status && was.Offers["request_cancel"] && told && !offered
	}
	return false
}

func sameNumber(a, b *int64) bool { return a != nil && b != nil && *a == *b }

// unmoved is sameNumber for numbers that a panel may omit.
func unmoved(a, b *int64) bool { return a == nil && b == nil || sameNumber(a, b) }

// valueOf returns the number, or 0 if it is unknown.
func valueOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
