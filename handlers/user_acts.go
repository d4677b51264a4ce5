package handlers

import (
	"net/url"

	"masterpanel/models"
)

// addActs returns the links from a list to the forms that add to it, as far as the viewer has the right.
func addActs(v models.Viewer, noun string) []linkChoice {
	switch {
	case noun == "payments" && models.KindAddPayment.May(v):
		return []linkChoice{{Label: "Add payment", URL: "/payments/new"}, {Label: "Awaiting approval", URL: proposalsPath}}
	case noun == "users" && models.KindAddUser.May(v):
		return []linkChoice{{Label: "Add user", URL: "/users/new"}}
	case noun == "tickets" && models.KindOpenTicket.May(v):
		return []linkChoice{{Label: "Open a ticket", URL: "/tickets/new"}}
	}
	return nil
}

// userActs returns the links from a customer to the forms about them, as far as the viewer has the right.
func userActs(v models.Viewer, u models.User) []linkChoice {
	about := "?" + url.Values{"panel": {pathID(u.PanelID)}, "user": {u.Username}}.Encode()
	var acts []linkChoice
	if models.KindAddPayment.May(v) {
		acts = append(acts, linkChoice{Label: "Add payment", URL: "/payments/new" + about})
	}
	if models.KindOpenTicket.May(v) {
		acts = append(acts, linkChoice{Label: "Open a ticket", URL: "/tickets/new" + about})
	}
	return acts
}
