package handlers

import (
	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// paymentReviewPage shows every detail of a payment before it is added.
type paymentReviewPage struct {
	Shell                   shell
	Panel                   models.PanelRef
	Form                    paymentInput
	Amount, Words, Currency string
	Method, Exact           string // the display name, and the panel's name if it differs
	Unknown                 bool   // the mirror does not have the customer
	Proof, Second           bool
	Uncompared              string // how many payments could not be compared, in words
	Twins                   []twinLine
	Marks                   []string
	New                     bool // some twins are new since the last review
}

// twinLine is an existing payment that may be the same as the new one.
type twinLine struct {
	Panel    models.PanelRef
	Why      string
	User, By string
	Memo     string
	At       stamp
	URL      string
}

// reviewPayment shows the payment for review. It adds nothing.
func (a *app) reviewPayment(c *fiber.Ctx) error {
	var in paymentInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	n, problems := in.read()
	review, err := a.DB.ReviewPayment(c.UserContext(), viewer(c), n)
	if invalid, wrong := problems.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.paymentFormPage(c, in, invalid)
	}
	if err != nil {
		return err
	}
	return a.reviewPage(c, in, review, false)
}

// noReview redirects requests without a form, for example after Cancel on the confirm page.
func (a *app) noReview(c *fiber.Ctx) error { return back(c, "/payments/new") }

func (a *app) reviewPage(c *fiber.Ctx, in paymentInput, r models.PaymentReview, unseen bool) (err error) {
	v := viewer(c)
	n, _ := in.read()
	panel, _ := v.Panel(in.Panel)
	in.User, in.Memo, in.Amount = n.User, n.Memo, n.Amount.Decimal.String()
	p := paymentReviewPage{Panel: panel, Form: in, Amount: exactMoney(n.Amount.Decimal, r.Currency), Words: amountWords(n.Amount.Decimal),
		Currency: r.Currency, Method: r.Method.DisplayName, Unknown: !r.KnownUser, Proof: r.AsksProof && !v.Standing.Recent(a.Now()),
		Second: r.AsksSecond, Uncompared: uncomparedWords(r.Uncompared), Twins: a.twinLines(v, r.Twins), Marks: twinMarks(r.Twins), New: unseen}
	if in.Method != p.Method {
		p.Exact = in.Method
	}
	if p.Shell, err = a.shell(c, "Add payment", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/review", p)
}

// uncomparedWords says how many payments could not be compared; "" for none.
func uncomparedWords(n int64) string {
	if n == 0 {
		return ""
	}
	return "Payments to this customer in the last 24 hours with an unknown amount, not compared: " + number(n) + "."
}

func twinMarks(twins []models.PaymentTwin) []string {
	marks := make([]string, len(twins))
	for i, t := range twins {
		marks[i] = t.Mark
	}
	return marks
}

func (a *app) twinLines(v models.Viewer, twins []models.PaymentTwin) []twinLine {
	lines := make([]twinLine, len(twins))
	for i, t := range twins {
		panel, _ := v.Panel(t.PanelID)
		lines[i] = twinLine{Panel: panel, User: t.User, By: t.By, Memo: t.Memo, At: newStamp(t.At, a.Now(), v.Zone)}
		switch {
		case t.SameAmount && t.SameMemo:
			lines[i].Why = "Same user, amount and memo"
		case t.SameAmount:
			lines[i].Why = "Same user and amount"
		default:
			lines[i].Why = "Same memo"
		}
		switch {
		case t.PaymentID != 0:
			lines[i].URL = pathOf("payments", models.Key{PanelID: t.PanelID, ID: t.PaymentID})
		case t.ActionID != 0:
			lines[i].URL = outboxPath(t.ActionID)
		default:
			lines[i].URL = proposalsPath
		}
	}
	return lines
}
