package handlers

import (
	"crypto/rand"
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
	"masterpanel/models/visible"
)

// newPaymentPage adds a payment. It asks for the panel first, because methods and customers belong to one panel.
type newPaymentPage struct {
	Shell   shell
	Choose  panelQuestion
	Form    paymentForm
	Waiting string // how many payments wait for a second person, in words
}

type paymentForm struct {
	Panel                models.PanelRef
	Key, KeyError        string
	User                 userPicker
	Amount, Method, Memo field
	Methods              []choice
	Affiliate            bool
	Currency             string
	MethodsURL           string // the page to set up methods; "" when not permitted
	Other                string // the address for another panel, if there is one
}

// paymentInput holds the sent form.
type paymentInput struct {
	Panel     int64    `form:"panel"`
	User      string   `form:"user"`
	Amount    string   `form:"amount"`
	Method    string   `form:"method"`
	Memo      string   `form:"memo"`
	Affiliate string   `form:"affiliate_commission"`
	Key       string   `form:"key"`
	Seen      []string `form:"seen"`
}

func (in paymentInput) read() (models.NewPayment, amounts) {
	problems := amounts{}
	n := models.NewPayment{Key: in.Key, PanelID: in.Panel, User: visible.Trim(in.User), Amount: problems.read("amount", in.Amount),
		Method: in.Method, Memo: visible.Trim(in.Memo), AffiliateCommission: in.Affiliate != "", Seen: in.Seen}
	return n, problems
}

// newPayment shows the form for the panel and customer in the address.
func (a *app) newPayment(c *fiber.Ctx) error {
	in := paymentInput{User: c.Query("user"), Key: rand.Text()}
	panel, asks, err := a.formPanel(c, models.KindAddPayment, "/payments/new")
	if err != nil {
		return err
	}
	if len(asks.Panels) > 0 {
		return a.newPaymentPage(c, newPaymentPage{Choose: asks})
	}
	in.Panel = panel.ID
	return a.paymentFormPage(c, in, nil)
}

func (a *app) paymentFormPage(c *fiber.Ctx, in paymentInput, problems models.Invalid) error {
	ctx, v := c.UserContext(), viewer(c)
	panel, mine := v.Panel(in.Panel)
	if !mine {
		return models.ErrNotFound
	}
	methods, err := a.DB.PaymentMethods(ctx, v)
	if err != nil {
		return err
	}
	form := paymentForm{Panel: panel, Key: in.Key, KeyError: problems["key"], User: newUserPicker(panel.ID, in.User, problems["user"]),
		Amount: field{in.Amount, problems["amount"]}, Method: field{in.Method, problems["method"]}, Memo: field{in.Memo, problems["memo"]},
		Affiliate: in.Affiliate != ""}
	if problems["key"] != "" {
		form.Key = rand.Text()
	}
	for _, m := range methods {
		if m.On(panel.ID) {
			form.Methods = append(form.Methods, choice{m.InternalName, m.DisplayName + boundWords(m), m.InternalName == in.Method})
		}
	}
	if v.Can(models.PermManage) {
		form.MethodsURL = methodsPath
	}
	if len(v.Panels) > 1 {
		form.Other = "/payments/new"
	}
	return a.newPaymentPage(c, newPaymentPage{Form: form})
}

// boundWords formats a method's limits for display after its name.
func boundWords(m models.PaymentMethod) string {
	switch {
	case m.Min.Valid && m.Max.Valid:
		return " (" + m.Min.Decimal.String() + " to " + m.Max.Decimal.String() + ")"
	case m.Min.Valid:
		return " (from " + m.Min.Decimal.String() + ")"
	case m.Max.Valid:
		return " (up to " + m.Max.Decimal.String() + ")"
	}
	return ""
}

func (a *app) newPaymentPage(c *fiber.Ctx, p newPaymentPage) error {
	waiting, _, err := a.DB.PaymentProposals(c.UserContext(), viewer(c))
	if err != nil {
		return err
	}
	if n := len(waiting); n > 0 {
		p.Waiting = plural(n, "payment needs approval", "payments need approval") + " by a second person"
	}
	if p.Shell, err = a.shell(c, "Add payment", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/new", p)
}

// editPayment returns from the review to the form.
func (a *app) editPayment(c *fiber.Ctx) error {
	var in paymentInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	return a.paymentFormPage(c, in, nil)
}

// addPayment adds a payment, or creates a proposal if its amount needs a second person.
func (a *app) addPayment(c *fiber.Ctx) error {
	var in paymentInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	ctx, v := c.UserContext(), viewer(c)
	n, problems := in.read()
	added, err := a.DB.AddPayment(ctx, v, n)
	var twice models.LikelyTwice
	if errors.As(err, &twice) {
		review, err := a.DB.ReviewPayment(ctx, v, n)
		if err != nil {
			return err
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return a.reviewPage(c, in, review, true)
	}
	if invalid, wrong := problems.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.paymentFormPage(c, in, invalid)
	}
	if err != nil {
		return err
	}
	if added.Proposal.ID != 0 {
		a.changed(c, jobs.OutboxVersion(in.Panel))
		return back(c, proposalsPath)
	}
	return a.enqueued(c, added.Action)
}

// enqueued announces a new action to the pages and the worker, and redirects to its state.
func (a *app) enqueued(c *fiber.Ctx, action models.PanelAction) error {
	a.outboxMoved(c, action.PanelID, action.ID)
	return back(c, outboxPath(action.ID))
}

// provenAbove applies recent only to payments above the limit. A request that comes back from the confirm form carries
// the sealed form instead of an amount, so it always goes to recent.
func (a *app) provenAbove(c *fiber.Ctx) error {
	var form struct {
		Amount string `form:"amount"`
		Sealed string `form:"confirm_form"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	limits, err := a.DB.PaymentLimits(c.UserContext())
	if err != nil {
		return err
	}
	amount := amounts{}.read("amount", form.Amount)
	if form.Sealed != "" || amount.Valid && limits.AsksProof(amount.Decimal) && models.KindAddPayment.May(viewer(c)) {
		return a.recent(c)
	}
	return c.Next()
}
