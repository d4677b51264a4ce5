package handlers

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
)

var orderFile = map[string]fileColumn[models.Order]{
	"panel": panelCell(func(o models.Order) models.Key { return o.Key }),
	"id":    plainCell(func(o models.Order) string { return pathID(o.ID) }),
	"user":  plainCell(func(o models.Order) string { return orNone(o.UserName) }),
	"charge": amountCells("Charge", func(o models.Order) (decimal.NullDecimal, string) {
		return o.Charge, o.Currency
	}),
	"link":        plainCell(func(o models.Order) string { return o.Link }),
	"start_count": plainCell(func(o models.Order) string { return plainNumber(o.StartCount) }),
	"quantity":    plainCell(func(o models.Order) string { return plainOrNone(o.Quantity) }),
	"service": {[]string{"Service ID", "Service"}, func(_ models.Viewer, o models.Order) []string {
		return []string{serviceID(o), o.ServiceName}
	}},
	"status":  plainCell(func(o models.Order) string { return orNone(humanize(o.Status)) }),
	"remains": plainCell(func(o models.Order) string { return plainNumber(o.Remains) }),
	"created": createdCell(func(o models.Order) (time.Time, bool) { return o.CreatedAt, o.Undated }),
	"mode":    plainCell(func(o models.Order) string { return humanize(o.Mode) }),
	"provider": {[]string{"Provider", "Provider order ID"}, func(_ models.Viewer, o models.Order) []string {
		return []string{o.Provider, o.ExternalID}
	}},
}

var ticketFile = map[string]fileColumn[models.Ticket]{
	"panel":       panelCell(func(t models.Ticket) models.Key { return t.Key }),
	"id":          plainCell(func(t models.Ticket) string { return pathID(t.ID) }),
	"user":        plainCell(func(t models.Ticket) string { return orNone(t.UserName) }),
	"subject":     plainCell(func(t models.Ticket) string { return t.Subject }),
	"status":      plainCell(func(t models.Ticket) string { return orNone(humanize(t.Status)) }),
	"assignee":    plainCell(func(t models.Ticket) string { return t.Holder }),
	"created":     createdCell(func(t models.Ticket) (time.Time, bool) { return t.CreatedAt, t.Undated }),
	"last_update": createdCell(func(t models.Ticket) (time.Time, bool) { return t.UpdatedAt, t.UndatedUpdate }),
	"waiting":     under("Waiting since", timeCell(func(t models.Ticket) *time.Time { return t.DueSince })),
	"viewers":     plainCell(func(t models.Ticket) string { return strings.Join(t.Viewers, ", ") }),
}

var userFile = map[string]fileColumn[models.User]{
	"panel":    panelCell(func(u models.User) models.Key { return u.Key }),
	"id":       plainCell(func(u models.User) string { return pathID(u.ID) }),
	"username": plainCell(func(u models.User) string { return orNone(u.Username) }),
	"email":    plainCell(func(u models.User) string { return u.Email }),
	"balance": amountCells("Balance", func(u models.User) (decimal.NullDecimal, string) {
		return u.Balance, u.Currency
	}),
	"spent":     plainCell(func(u models.User) string { return plainAmount(u.Spent) }),
	"status":    plainCell(func(u models.User) string { return orNone(humanize(u.Status)) }),
	"created":   createdCell(func(u models.User) (time.Time, bool) { return u.CreatedAt, u.Undated }),
	"last_auth": timeCell(func(u models.User) *time.Time { return u.LastAuthAt }),
	"discount":  plainCell(func(u models.User) string { return u.Discount }),
}

var paymentFile = map[string]fileColumn[models.Payment]{
	"panel":   panelCell(func(p models.Payment) models.Key { return p.Key }),
	"id":      plainCell(func(p models.Payment) string { return pathID(p.ID) }),
	"user":    plainCell(func(p models.Payment) string { return orNone(p.UserName) }),
	"balance": plainCell(func(p models.Payment) string { return plainAmount(p.UserBalance) }),
	"amount": amountCells("Amount", func(p models.Payment) (decimal.NullDecimal, string) {
		return p.Amount, p.Currency
	}),
	"method":     plainCell(func(p models.Payment) string { return p.Method }),
	"status":     plainCell(func(p models.Payment) string { return orNone(humanize(p.Status)) }),
	"fraud_risk": plainCell(func(p models.Payment) string { return humanize(p.Risk) }),
	"review":     plainCell(func(p models.Payment) string { return strings.Join(reviewWords(p), "; ") }),
	"memo":       plainCell(func(p models.Payment) string { return p.Memo }),
	"created":    createdCell(func(p models.Payment) (time.Time, bool) { return p.CreatedAt, p.Undated }),
	"updated":    timeCell(func(p models.Payment) *time.Time { return p.UpdatedAt }),
	"mode":       plainCell(func(p models.Payment) string { return humanize(p.Mode) }),
}

var serviceFile = map[string]fileColumn[models.Service]{
	"panel":    panelCell(func(s models.Service) models.Key { return s.Key }),
	"id":       plainCell(func(s models.Service) string { return pathID(s.ID) }),
	"name":     plainCell(func(s models.Service) string { return s.Name }),
	"category": plainCell(func(s models.Service) string { return s.Category }),
	"type":     plainCell(func(s models.Service) string { return s.Type }),
	"rate":     plainCell(func(s models.Service) string { return plainAmount(s.Rate) }),
	"min":      plainCell(func(s models.Service) string { return plainOrNone(s.Min) }),
	"max":      plainCell(func(s models.Service) string { return plainOrNone(s.Max) }),
	"refill":   plainCell(func(s models.Service) string { return flagWord(s, "refill", s.Refill) }),
	"cancel":   plainCell(func(s models.Service) string { return flagWord(s, "cancel", s.Cancel) }),
	"orders":   plainCell(func(s models.Service) string { return strconv.FormatInt(s.Orders30, 10) }),
	"problems": plainCell(func(s models.Service) string { return strconv.FormatInt(s.Problems30, 10) }),
	"report":   under("Open reports", plainCell(func(s models.Service) string { return strconv.FormatInt(s.OpenReports, 10) })),
}

// under gives a file column its own head instead of the list's label.
func under[T any](head string, column fileColumn[T]) fileColumn[T] {
	column.heads = []string{head}
	return column
}
