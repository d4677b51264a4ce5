package handlers

import (
	"masterpanel/models"
)

// hitURL returns the address of a search result. A service has no page of its own, so the address filters the list.
func hitURL(r models.Resource, key models.Key) string {
	if r == models.Services {
		return "/services?panel=" + pathID(key.PanelID) + "&q=" + pathID(key.ID)
	}
	return pathOf(string(r), key)
}

func (a *app) hitLine(v models.Viewer, r models.Resource, key models.Key) searchLine {
	panel, _ := v.Panel(key.PanelID)
	return searchLine{Panel: panel, URL: hitURL(r, key), ID: key.ID, Beside: r != models.Services}
}

func (a *app) orderHit(v models.Viewer, o models.Order) searchLine {
	line := a.hitLine(v, models.Orders, o.Key)
	line.Text, line.More = o.UserName, o.ServiceName
	line.Status, line.When = newBadge(o.Status), a.createdStamp(v, o.CreatedAt, o.Undated)
	return line
}

func (a *app) ticketHit(v models.Viewer, t models.Ticket) searchLine {
	line := a.hitLine(v, models.Tickets, t.Key)
	line.Text, line.More = t.UserName, t.Subject
	line.Status, line.When = newBadge(t.Status), a.updatedStamp(v, t)
	return line
}

func (a *app) paymentHit(v models.Viewer, p models.Payment) searchLine {
	line := a.hitLine(v, models.Payments, p.Key)
	line.Text, line.More = p.UserName, p.Method
	if amount := moneyFor(v, p.Amount, p.Currency); amount != "" {
		line.More = amount + " · " + p.Method
	}
	line.Status, line.When = newBadge(p.Status), a.createdStamp(v, p.CreatedAt, p.Undated)
	return line
}

// userHit builds the line of a customer. Email is empty for viewers without "See e-mails", because the query omits it.
func (a *app) userHit(v models.Viewer, u models.User) searchLine {
	line := a.hitLine(v, models.Users, u.Key)
	line.Text, line.More = u.Username, u.Email
	line.Status, line.When = newBadge(u.Status), a.createdStamp(v, u.CreatedAt, u.Undated)
	return line
}

func (a *app) serviceHit(v models.Viewer, s models.Service) searchLine {
	line := a.hitLine(v, models.Services, s.Key)
	line.Text, line.More = s.Name, s.Category
	return line
}
