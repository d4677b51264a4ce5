package handlers

import (
	"strconv"
	"strings"

	"masterpanel/models"
)

// orderMenu lists the actions on an order. It is the same wherever the order appears, because it comes from the one
// table of rules in models.
type orderMenu struct{ Items []orderMenuItem }

// orderMenuItem links to the form of one kind of action, or says why the action is not possible now. Danger marks
// actions that move money.
type orderMenuItem struct {
	Label, URL, Why string
	Danger          bool
}

// orderActionsPath is the address of an order's action menu and forms.
func orderActionsPath(key models.Key) string { return pathOf("orders", key) + "/actions" }

// newOrderMenu lists all kinds of actions on orders, including kinds that the viewer may not use, each with its reason.
func newOrderMenu(v models.Viewer, o models.Order) orderMenu {
	var m orderMenu
	for _, info := range models.ActionKinds {
		if info.Resource != models.Orders {
			continue
		}
		item := orderMenuItem{Label: info.Label, Danger: info.Money, Why: orderWhyNot(v, info, o)}
		if item.Why == "" {
			item.URL = orderActionsPath(o.Key) + "?kind=" + string(info.Kind)
		}
		m.Items = append(m.Items, item)
	}
	return m
}

// orderWhyNot says why the viewer cannot perform an action on the order now; "" when they can.
func orderWhyNot(v models.Viewer, info models.KindInfo, o models.Order) string {
	if !info.Kind.May(v) {
		permission, _ := info.Permission.Info()
		return "You lack the permission “" + permission.Label + "”."
	}
	return o.Problem(info.Kind)
}

// orderForm asks for the input of an action and describes its effect. Submitting the form is the confirmation.
type orderForm struct {
	Kind, Action, Back, Key string
	Submit                  string
	Effect                  string // the effect in one sentence
	Money                   bool
	Problem                 string
	Statuses                []choice
	StatusError             string
	Number                  *numberField
	Link, Reason            *field
}

// numberField is an input for a whole number.
type numberField struct {
	Name, Label, Hint string
	field
}

// newOrderForm returns the form of one kind of action. Its key contains the ID of the order's last action. So two tabs
// that were opened before either was sent, or a page restored by the browser, have the same key and create only one
// action.
func newOrderForm(v models.Viewer, info models.KindInfo, o models.Order, last int64) orderForm {
	f := orderForm{
		Kind: string(info.Kind), Action: orderActionsPath(o.Key), Back: pathOf("orders", o.Key), Submit: info.Label, Money: info.Money,
		Key: strings.Join([]string{"order", pathID(o.PanelID), pathID(o.ID), string(info.Kind), pathID(last)}, "-"),
	}
	charge := ""
	if o.Charge.Valid {
		charge = moneyFor(v, o.Charge, o.Currency)
	}
	switch info.Kind {
	case models.KindChangeStatus:
		f.Effect = "The panel sets this status. No money moves."
		f.Statuses = statusChoices(o.Status)
	case models.KindSetPartial:
		f.Effect = "The order ends as partial, and the panel refunds the customer for the remains" + ofQuantity(o) + "."
		f.Number = &numberField{Name: "remains", Label: "Remains", Hint: "1 or more.", field: field{Value: digits(o.Remains)}}
	case models.KindSetRemains:
		f.Effect = "The panel sets the remains" + ofQuantity(o) + ". No money moves."
		f.Number = &numberField{Name: "remains", Label: "Remains", field: field{Value: digits(o.Remains)}}
	case models.KindSetStartCount:
		f.Effect = "The panel sets this start count. No money moves."
		f.Number = &numberField{Name: "start_count", Label: "Start count", field: field{Value: digits(o.StartCount)}}
	case models.KindEditLink:
		f.Effect = "The order continues with another link. No money moves."
		f.Link = &field{Value: o.Link}
	case models.KindCancel:
		f.Effect = "The order is cancelled and its charge goes back to " + ownerOf(o) + " balance. This cannot be undone."
		f.Reason = &field{}
		if charge != "" {
			f.Effect = "The order is cancelled and " + charge + " goes back to " + ownerOf(o) + " balance. This cannot be undone."
			f.Submit = "Cancel and refund " + charge
		}
	case models.KindRequestCancel:
		f.Effect = "The panel asks the provider to cancel the order. The order shows the result later."
	case models.KindResend:
		f.Effect = "The panel sends the order to its provider again. The provider may charge for it again."
	}
	return f
}

// statusChoices returns the statuses that can be set, except the current one.
func statusChoices(now string) []choice {
	var all []choice
	for _, status := range models.SettableStatuses {
		if status != now {
			all = append(all, choice{Value: status, Label: humanize(status)})
		}
	}
	return all
}

func digits(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// ownerOf returns an order's customer in the possessive, for sentences about their balance.
func ownerOf(o models.Order) string {
	if o.UserName == "" {
		return "the customer’s"
	}
	return o.UserName + "’s"
}
