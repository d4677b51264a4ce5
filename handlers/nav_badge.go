package handlers

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// navBadges holds the counts beside the names in the navigation. One poll updates all of them. The page title also
// shows the number of waiting tickets. Loud is how many of these the viewer wants an alert for, by Sound or by Notify.
type navBadges struct {
	Tag           string
	Waiting, Need navBadge // waiting tickets, and actions that need a decision
	Approve       navBadge // payments to approve
	Loud          int64
	Sound, Notify bool
}

// navBadge is a count ("" for none) and a text for it. Named is how many tickets have an unseen note that mentions the
// viewer, "" for none.
type navBadge struct{ Number, Words, Named string }

func newNavBadge(n int64, one, many string) navBadge {
	if n == 0 {
		return navBadge{}
	}
	return navBadge{Number: number(n), Words: plural(int(n), one, many)}
}

func (a *app) badgesTag(v models.Viewer) string {
	return a.tag(v, "/badges", append(resourceKeys(models.Tickets, v.Scope(nil)), outboxKeys(v)...)...)
}

func (a *app) navBadges(ctx context.Context, v models.Viewer) (navBadges, error) {
	b := navBadges{Tag: a.badgesTag(v), Sound: v.Alerts.Sound, Notify: v.Alerts.Notify}
	asks, err := whileNoneMoved(a, a.asks, v, func() (asks, error) { return a.asksOf(ctx, v) })
	if err != nil {
		return b, err
	}
	b.Need = newNavBadge(int64(asks.actions), "action needs review", "actions need review")
	b.Approve = newNavBadge(int64(asks.payments), "payment needs approval", "payments need approval")
	named, err := a.DB.UnseenMentions(ctx, v)
	if err != nil {
		return b, err
	}
	waiting, err := a.DB.WaitingTickets(ctx, v)
	b.Waiting = newNavBadge(waiting, "ticket needs a reply", "tickets need a reply")
	if named > 0 {
		b.Waiting.Named = number(named)
	}
	if err != nil || waiting == 0 {
		return b, err
	}
	b.Loud, err = a.DB.LoudTickets(ctx, v, waiting)
	return b, err
}

// asks counts the decisions that wait for a person: actions that need review and payments that need a second approval.
type asks struct{ actions, payments int }

func (a *app) asksOf(ctx context.Context, v models.Viewer) (n asks, err error) {
	if n.actions, err = a.DB.NeedPerson(ctx, v); err == nil {
		n.payments, err = a.DB.ProposalsFor(ctx, v)
	}
	return n, err
}

// badges responds to the navigation's own poll.
func (a *app) badges(c *fiber.Ctx) error {
	v := viewer(c)
	if a.unchanged(c, a.badgesTag(v)) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	b, err := a.navBadges(c.UserContext(), v)
	if err != nil {
		return err
	}
	return a.render(c, "shell/badges-all", b)
}

// put sets the badge of each navigation item.
func (b navBadges) put(nav []navItem) {
	for i := range nav {
		switch nav[i].Section {
		case models.TicketList.Noun:
			nav[i].Badge = &b.Waiting
		case models.PaymentList.Noun:
			nav[i].Badge = &b.Approve
		case models.OutboxList.Noun:
			nav[i].Badge = &b.Need
		}
	}
}
