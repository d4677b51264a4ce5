package models

// NotFound says that a check did not find the action on the panel, and by which property it searched. A failed search
// proves nothing more.
func (a PanelAction) NotFound() string {
	switch a.Kind {
	case KindAddPayment:
		return "The panel shows no payment with the reference " + a.Reference
	case KindReply:
		return "The ticket shows no message with this sender and text"
	case KindOpenTicket:
		return "The panel shows no ticket of this user with this subject and text"
	case KindAddUser:
		return "The panel shows no user with this name"
	}
	return "The panel shows the order without this change"
}

// missing names the record or change that the panel does not show.
func (a PanelAction) missing() string {
	switch a.Kind {
	case KindAddPayment:
		return "the payment is not in its list"
	case KindReply:
		return "the message is not in the ticket"
	case KindOpenTicket:
		return "the ticket is not in its list"
	case KindAddUser:
		return "the user is not in its list"
	}
	return "the order does not show the change"
}

// Question returns the question for a person about an action that the panel does not show. shown says that the panel
// has shown an action of this kind before; if it never has, a missing action says nothing.
func (a PanelAction) Question(shown bool) string {
	saidYes := !a.AnsweredAt.IsZero() || a.ReceiptID > 0
	const look = " Check the panel, then record the result."
	switch {
	case saidYes && a.Kind == KindAddPayment && !shown:
		return "The panel accepted it, but its list has never shown one of our references or payment IDs." + look
	case saidYes:
		return "The panel accepted it, but " + a.missing() + "." + look
	}
	return a.NotFound() + "." + look
}
