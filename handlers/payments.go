package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type paymentRow struct {
	Panel                              models.PanelRef
	ID                                 int64
	URL, User, Balance, Amount, Method string
	Memo, Mode                         string
	Reviews                            []string // reasons for a second look
	Status, Risk                       badge
	Created, Updated                   stamp
}

func (a *app) payments(c *fiber.Ctx) error {
	return serveList(a, c, models.PaymentList, a.DB.Payments, (*app).paymentRow)
}

func (a *app) paymentRow(v models.Viewer, p models.Payment) paymentRow {
	panel, _ := v.Panel(p.PanelID)
	return paymentRow{
		Panel: panel, ID: p.ID, URL: pathOf("payments", p.Key), User: orNone(p.UserName), Balance: moneyFor(v, p.UserBalance, p.Currency),
		Amount: moneyFor(v, p.Amount, p.Currency), Method: orNone(p.Method), Memo: p.Memo, Mode: orNone(humanize(p.Mode)),
		Status: newBadge(p.Status), Risk: riskBadge(p.Risk), Reviews: reviewWords(p),
		Created: a.createdStamp(v, p.CreatedAt, p.Undated), Updated: a.paymentUpdated(v, p),
	}
}

// reviewWords returns the payment's review reasons as pills.
func reviewWords(p models.Payment) []string {
	words := make([]string, len(p.Reviews))
	for i, r := range p.Reviews {
		words[i] = humanize(string(r))
	}
	return words
}

// riskBadge is empty when the panel did not rate the payment.
func riskBadge(risk string) badge {
	if risk == "" {
		return badge{}
	}
	return newBadge(risk)
}

func (a *app) paymentUpdated(v models.Viewer, p models.Payment) stamp {
	if p.UpdatedAt == nil {
		return stamp{Short: none}
	}
	return newStamp(*p.UpdatedAt, a.Now(), v.Zone)
}

type paymentPage struct {
	Shell  shell
	Detail paymentDetail
}

type paymentDetail struct {
	Frame  detailFrame
	Amount string
	Status badge
	Flags  []string // reasons for a second look
	Facts  []fact
	Same   []paymentLine
	Did    []activityLine
}

// paymentLine is a payment in one line, next to a related record.
type paymentLine struct {
	Panel               models.PanelRef
	ID                  int64
	URL, Amount, Method string
	Status              badge
	Created             stamp
}

func (a *app) payment(c *fiber.Ctx) error {
	d, err := a.openDetail(c, "payments", models.Payments, models.Users)
	if err != nil || d.done {
		return err
	}
	p, err := a.DB.Payment(c.UserContext(), d.viewer, d.key)
	if err != nil {
		return err
	}
	flags, err := a.DB.PaymentFlags(c.UserContext(), d.viewer, p)
	if err != nil {
		return err
	}
	did, err := a.didHere(c.UserContext(), d.viewer, "payments", d.key)
	if err != nil {
		return err
	}
	view := paymentDetail{Did: did, Flags: flagWords(d.viewer, p, flags), Same: a.paymentLines(d.viewer, flags.SameMemo), Frame: d.frame("Payment", p.ID), Amount: moneyFor(d.viewer, p.Amount, p.Currency), Status: newBadge(p.Status),
		Facts: known([]fact{
			userFact(p.PanelID, p.UserName),
			{Label: "Balance", Text: moneyFor(d.viewer, p.UserBalance, p.Currency), Number: true},
			{Label: "Method", Text: orNone(p.Method)},
			{Label: "Memo", Text: orNone(p.Memo)},
			{Label: "Fraud risk", Text: orNone(humanize(p.Risk))},
			{Label: "Mode", Text: orNone(humanize(p.Mode))},
			{Label: "Created", Stamp: a.createdStamp(d.viewer, p.CreatedAt, p.Undated)},
			{Label: "Updated", Stamp: a.paymentUpdated(d.viewer, p)},
			{Label: "Read from panel", Stamp: newStamp(p.FetchedAt, a.Now(), d.viewer.Zone)},
		})}
	return serveDetail(a, c, view.Frame, view, func(s shell) any { return paymentPage{s, view} })
}

// flagWords returns the flags as pills. Each pill is understandable alone.
func flagWords(v models.Viewer, p models.Payment, f models.PaymentFlags) []string {
	var words []string
	if !p.Amount.Valid && v.Can(models.PermSeeMoney) {
		words = append(words, "Unknown amount, not checked")
	}
	if n := len(f.SameMemo); n > 0 {
		words = append(words, "Same reference as "+plural(n, "other payment", "other payments"))
	}
	if f.LargeFirst {
		words = append(words, "Large first payment of a new account")
	}
	if f.Tries > 0 {
		words = append(words, number(int64(f.Tries))+" tries within an hour")
	}
	return words
}

func (a *app) paymentLines(v models.Viewer, payments []models.Payment) []paymentLine {
	lines := make([]paymentLine, len(payments))
	for i, p := range payments {
		panel, _ := v.Panel(p.PanelID)
		lines[i] = paymentLine{Panel: panel, ID: p.ID, URL: pathOf("payments", p.Key), Amount: moneyFor(v, p.Amount, p.Currency), Method: p.Method,
			Status: newBadge(p.Status), Created: a.createdStamp(v, p.CreatedAt, p.Undated)}
	}
	return lines
}
