package models

// NotFound names the property by which a check searched for the action without success. A failed search proves nothing
// more.
func (a PanelAction) NotFound() string {
	switch a.Kind {
	case KindAddPayment:
		return "Not found by its reference " + a.Reference
	case KindReply:
		return "Not found in the ticket by its sender and text"
	case KindOpenTicket:
		return "Not found among the user's tickets by its subject and text"
	case KindAddUser:
		return "Not found among the panel's users by its name"
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
	const look = " Look there, then say what became of it."
	switch {
	case saidYes && a.Kind == KindAddPayment && !shown:
		return "The panel said yes, but its list has never shown a reference or a payment ID of ours." + look
	case saidYes:
		return "The panel said yes, but " + a.missing() + "." + look
	}
	return a.NotFound() + "." + look
}
