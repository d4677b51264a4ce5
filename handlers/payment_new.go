package handlers

import (
	"crypto/rand"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// newPaymentPage adds a payment: which panel first, as methods and customers are a panel's own, then the form.
type newPaymentPage struct {
	Shell   shell
	Choose  panelQuestion
	Form    paymentForm
	Waiting string // how many payments wait for a second person, in words
}

// panelQuestion asks for a panel before a form is shown.
type panelQuestion struct {
	Panels []panelAnswer
}

type panelAnswer struct {
	models.PanelRef
	URL string
}

type paymentForm struct {
	Panel                models.PanelRef
	Key, KeyError        string
	User                 userPicker
	Amount, Method, Memo field
	Methods              []choice
	Affiliate            bool
	Currency             string
	MethodsURL           string // where methods are set up, for who may
	Other                string // another panel, when there is one
}

// paymentReviewPage spells out what is about to be added.
type paymentReviewPage struct {
	Shell                   shell
	Panel                   models.PanelRef
	Form                    paymentInput
	Amount, Words, Currency string
	Method                  string
	Unknown                 bool // the mirror does not hold the customer
	Proof, Second           bool
	Twins                   []twinLine
	Marks                   []string
	New                     bool // twins that were not seen before
}

// twinLine is a payment that the new one may be.
type twinLine struct {
	Panel    models.PanelRef
	Why      string
	User, By string
	Memo     string
	At       stamp
	URL      string
}

// paymentInput is the form as it was sent.
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
	n := models.NewPayment{Key: in.Key, PanelID: in.Panel, User: strings.TrimSpace(in.User), Amount: problems.read("amount", in.Amount),
		Method: in.Method, Memo: strings.TrimSpace(in.Memo), AffiliateCommission: in.Affiliate != "", Seen: in.Seen}
	return n, problems
}

// newPayment shows the form, for the panel and the customer that the address names.
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

// formPanel is the panel that a form for a kind of action is about: the one that the address names or the only one there
// is; otherwise it is asked for.
func (a *app) formPanel(c *fiber.Ctx, kind models.ActionKind, path string) (models.PanelRef, panelQuestion, error) {
	v := viewer(c)
	if !kind.May(v) {
		return models.PanelRef{}, panelQuestion{}, models.ErrNotAllowed
	}
	if named := c.QueryInt("panel"); named != 0 {
		panel, mine := v.Panel(int64(named))
		if !mine {
			return panel, panelQuestion{}, models.ErrNotFound
		}
		return panel, panelQuestion{}, nil
	}
	scope := v.Scope(nil)
	if len(scope) == 1 {
		panel, _ := v.Panel(scope[0])
		return panel, panelQuestion{}, nil
	}
	asks := panelQuestion{}
	for _, p := range panelRefs(v, scope) {
		asks.Panels = append(asks.Panels, panelAnswer{p, path + "?panel=" + pathID(p.ID)})
	}
	if len(asks.Panels) == 0 {
		return models.PanelRef{}, asks, models.ErrNotFound
	}
	return models.PanelRef{}, asks, nil
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

// boundWords are a method's bounds behind its name.
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
		p.Waiting = plural(n, "payment waits", "payments wait") + " for a second person"
	}
	if p.Shell, err = a.shell(c, "Add payment", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/new", p)
}

// reviewPayment shows what is about to be added, and adds nothing.
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

// noReview is for who comes to the review without a form, as by Cancel where one was asked who one is.
func (a *app) noReview(c *fiber.Ctx) error { return back(c, "/payments/new") }

// editPayment goes back from the review to the form.
func (a *app) editPayment(c *fiber.Ctx) error {
	var in paymentInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	return a.paymentFormPage(c, in, nil)
}

func (a *app) reviewPage(c *fiber.Ctx, in paymentInput, r models.PaymentReview, unseen bool) (err error) {
	v := viewer(c)
	n, _ := in.read()
	panel, _ := v.Panel(in.Panel)
	in.User, in.Memo, in.Amount = n.User, n.Memo, n.Amount.Decimal.String()
	p := paymentReviewPage{Panel: panel, Form: in, Amount: exactMoney(n.Amount.Decimal, r.Currency), Words: amountWords(n.Amount.Decimal),
		Currency: r.Currency, Method: r.Method.DisplayName, Unknown: !r.KnownUser, Proof: r.AsksProof && !v.Standing.Recent(a.Now()),
		Second: r.AsksSecond, Twins: a.twinLines(v, r.Twins), Marks: twinMarks(r.Twins), New: unseen}
	if p.Shell, err = a.shell(c, "Add payment", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/review", p)
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

// addPayment adds a payment, or proposes it when its amount asks for a second person.
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
		return back(c, proposalsPath)
	}
	return a.enqueued(c, added.Action)
}

// enqueued tells the pages and the worker of a new action, and leads to where its state is shown.
func (a *app) enqueued(c *fiber.Ctx, action models.PanelAction) error {
	a.outboxMoved(c, action.PanelID, action.ID)
	return back(c, outboxPath(action.ID))
}

// provenAbove is recent for those payments alone whose amount asks for it. What the form of recent brings back is sealed
// and goes there too.
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
