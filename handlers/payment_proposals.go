package handlers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

const proposalsPath = "/payments/proposals"

// proposalsPage lists the payments that wait for a second person.
type proposalsPage struct {
	Shell            shell
	Waiting, Decided []proposalLine
}

type proposalLine struct {
	Panel                      models.PanelRef
	User, Amount, Method, Memo string
	By                         string
	At, Decided                stamp
	State                      badge
	Decider, URL               string
}

// proposalPage shows one proposal before the decision.
type proposalPage struct {
	Shell     shell
	Line      proposalLine
	Path      string
	Words     string
	Affiliate bool
	Currency  string
	Mine      bool
	Approve   bool
	Problem   string
	Twins     []twinLine
	Marks     []string
}

var proposalBadges = map[models.ProposalState]badge{
	models.ProposalWaiting:   {Label: "Waits", Tone: "waiting"},
	models.ProposalApproved:  {Label: "Approved", Tone: "done"},
	models.ProposalDeclined:  {Label: "Declined", Tone: "failed"},
	models.ProposalWithdrawn: {Label: "Withdrawn", Tone: "off"},
}

func (a *app) proposalLine(v models.Viewer, p models.PaymentProposal, currency string) proposalLine {
	panel, _ := v.Panel(p.PanelID)
	line := proposalLine{Panel: panel, User: p.TargetName, Method: p.Payload.Method,
		Memo: p.Payload.Memo, By: p.Username, At: newStamp(p.CreatedAt, a.Now(), v.Zone), State: proposalBadges[p.State],
		Decider: p.Decider, URL: proposalsPath + "/" + pathID(p.ID)}
	if v.Can(models.PermSeeMoney) {
		line.Amount = exactMoney(p.Payload.Amount.Decimal, currency)
	}
	if !p.DecidedAt.IsZero() {
		line.Decided = newStamp(p.DecidedAt, a.Now(), v.Zone)
	}
	return line
}

func (a *app) proposals(c *fiber.Ctx) error {
	v := viewer(c)
	waiting, decided, err := a.DB.PaymentProposals(c.UserContext(), v)
	if err != nil {
		return err
	}
	var p proposalsPage
	for _, one := range waiting {
		p.Waiting = append(p.Waiting, a.proposalLine(v, one, ""))
	}
	for _, one := range decided {
		p.Decided = append(p.Decided, a.proposalLine(v, one, ""))
	}
	if p.Shell, err = a.shell(c, "Awaiting approval", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/proposals", p)
}

func (a *app) proposal(c *fiber.Ctx) error { return a.proposalPage(c, "") }

func (a *app) proposalPage(c *fiber.Ctx, problem string) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	v := viewer(c)
	p, r, err := a.DB.PaymentProposal(c.UserContext(), v, id)
	if err != nil {
		return err
	}
	page := proposalPage{Line: a.proposalLine(v, p, r.Currency), Path: proposalsPath + "/" + pathID(id), Affiliate: p.Payload.AffiliateCommission,
		Currency: r.Currency, Problem: problem, Approve: p.ApprovableBy(v), Mine: p.StaffID == v.StaffID,
		Twins: a.twinLines(v, r.Twins), Marks: twinMarks(r.Twins)}
	if page.Line.Amount != "" {
		page.Words = amountWords(p.Payload.Amount.Decimal)
	}
	if r.Method.DisplayName != "" {
		page.Line.Method = r.Method.DisplayName
	}
	if page.Shell, err = a.shell(c, "Payment awaiting approval", "payments"); err != nil {
		return err
	}
	return a.render(c, "payments/proposal", page)
}

// approvePayment releases a payment that another person proposed.
func (a *app) approvePayment(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	var form struct {
		Seen []string `form:"seen"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	action, err := a.DB.ApprovePayment(c.UserContext(), viewer(c), id, form.Seen)
	if problem := proposalProblem(err); problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.proposalPage(c, problem)
	}
	if err != nil {
		return err
	}
	return a.enqueued(c, action)
}

// proposalProblem explains why a proposal was not decided as requested. It returns "" if it was, or for an unrelated
// error.
func proposalProblem(err error) string {
	var twice models.LikelyTwice
	switch invalid, wrong := fieldErrors(err); {
	case wrong:
		return words(invalid)
	case errors.As(err, &twice):
		return "This payment may already exist. Check the payments below, then approve it if it is a different payment."
	case errors.Is(err, models.ErrTooLate):
		return "Another person has already decided this."
	}
	return ""
}

// declinePayment ends a proposal without a payment.
func (a *app) declinePayment(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	var form struct {
		Reason string `form:"reason"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	err = a.DB.DeclinePayment(c.UserContext(), viewer(c), id, form.Reason)
	if problem := proposalProblem(err); problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.proposalPage(c, problem)
	}
	if err != nil {
		return err
	}
	a.changed(c, outboxKeys(viewer(c))...)
	return back(c, proposalsPath)
}
