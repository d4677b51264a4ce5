package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// sendAction reads the target from the panel, and sends the action if it is still needed and allowed. The state
// "sending" is committed before the request leaves.
func (w *Worker) sendAction(ctx context.Context, client *panel.Client, a models.PanelAction, err error) error {
	var now models.Sight
	if err == nil && !firstPayment(a) {
		now, err = w.see(ctx, client, a)
	}
	switch {
	case errors.Is(err, panel.ErrGone):
		return w.endAction(ctx, a, models.ActionRefused, "The panel no longer has it. Nothing was sent.")
	case forbids(err):
		return w.endAction(ctx, a, models.ActionRefused, full(words(err))+" Nothing was sent.")
	case err != nil:
		return w.putOff(ctx, a, err)
	}
	if ended, err := w.endUnsent(ctx, a, now); ended || err != nil {
		return err
	}
	return w.attempt(ctx, client, a, now)
}

// endUnsent ends an action without sending it if the target already has the wanted state or does not allow the
// action.
func (w *Worker) endUnsent(ctx context.Context, a models.PanelAction, now models.Sight) (ended bool, err error) {
	if a.Holds(now) || a.Attempts > 0 && a.Look(now) == models.Applied {
		return true, w.endAction(ctx, a, models.ActionDone, "The panel already has it. Nothing was sent now.")
	}
	if problem := a.Problem(now); problem != "" {
		return true, w.endAction(ctx, a, models.ActionRefused, problem+" Nothing was sent.")
	}
	return false, nil
}

// firstPayment reports whether the action is a payment that was never sent. The panel cannot know its reference yet,
// so there is nothing to search for.
func firstPayment(a models.PanelAction) bool {
	return a.Kind == models.KindAddPayment && a.Before == nil
}

// attempt waits for a slot, commits "sending", sends the action, and stores the result.
func (w *Worker) attempt(ctx context.Context, client *panel.Client, a models.PanelAction, now models.Sight) error {
	a, lost, err := w.withSecret(ctx, a)
	switch {
	case lost:
		return w.endAction(ctx, a, models.ActionRefused, "Masterpanel cannot read its password any more. Nothing was sent. Add the user again.")
	case err != nil:
		return w.putOff(ctx, a, err)
	}
	sending := a
	var notBegun error
	var receipt int64
	err = w.callPatiently(ctx, callerOf(a), func(ctx context.Context) (err error) {
		sending, notBegun = w.DB.BeginSending(ctx, a, now, w.Now().Add(w.CallTimeout+time.Second))
		if notBegun != nil {
			return notBegun
		}
		sending.Secret = a.Secret
		receipt, err = send(ctx, client, sending)
		return err
	})
	switch {
	case errors.Is(notBegun, models.ErrLeaseLost), errors.Is(notBegun, models.ErrNotAllowed):
		return nil
	case notBegun != nil:
		return w.neverLeft(ctx, a, notBegun)
	case sending.State != models.ActionSending:
		return w.putOff(ctx, a, err)
	}
	return w.conclude(ctx, sending, w.keepReceipt(ctx, &sending, receipt, err))
}

// keepReceipt gives the action the payment id of its answer. A payment that belongs to another action cannot be this one
// too: a panel that drops repeated payments answers with the receipt of the first.
func (w *Worker) keepReceipt(ctx context.Context, a *models.PanelAction, receipt int64, err error) error {
	if receipt == 0 {
		return err
	}
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	switch taken, dbErr := w.DB.PaymentTaken(after, *a, receipt); {
	case dbErr != nil:
		return errors.Join(err, dbErr)
	case taken:
		words := fmt.Sprintf("its receipt names payment %d, which belongs to another action", receipt)
		return cmp.Or[error](err, &panel.Error{Op: "POST /payments/add", Class: panel.ErrShape, Sent: true, Words: words})
	}
	a.ReceiptID = receipt
	return err
}

// callPatiently is like call, but its worker waits up to actionTurn for a slot. Once the call has started, a worker
// that is told to stop gives it the time goodbye to finish.
func (w *Worker) callPatiently(ctx context.Context, c Caller, do func(context.Context) error) error {
	waiting, stopWaiting := context.WithTimeout(ctx, actionTurn)
	defer stopWaiting()
	c.Patient = true
	turn, err := w.limiter.Wait(waiting, c)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &noTurnError{time.Second}
	}
	if err != nil {
		return err
	}
	lingering, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(goodbye, stop) })()
	return w.inTurn(lingering, turn, c, do)
}

// neverLeft handles a commit of "sending" with an unknown outcome. The request was not sent, so the action goes back
// to the queue. If that write fails too, the sweep picks the action up as lost.
func (w *Worker) neverLeft(ctx context.Context, a models.PanelAction, reason error) error {
	return errors.Join(fmt.Errorf("starting action %d: %w", a.ID, reason), w.backToQueue(ctx, a))
}

// backToQueue puts a claimed action back in the queue, whether or not "sending" was committed after the claim.
func (w *Worker) backToQueue(ctx context.Context, a models.PanelAction) error {
	begun := a
	begun.State, begun.Attempts = models.ActionSending, a.Attempts+1
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer stop()
	err := w.DB.QueueAction(after, begun, w.Now().Add(time.Second), false, "")
	if errors.Is(err, models.ErrLeaseLost) { // "sending" was not committed
		err = w.DB.QueueAction(after, a, w.Now().Add(time.Second), false, "")
	}
	return err
}

// send makes the call that performs the action. Its error is nil only for an answer that names this action. receipt
// is the payment id from the answer to a payment, even if the answer is not trusted, unless it names another payment.
func send(ctx context.Context, client *panel.Client, a models.PanelAction) (receipt int64, err error) {
	if a.Kind == models.KindAddPayment {
		return addPayment(ctx, client, a)
	}
	return 0, sendOther(ctx, client, a)
}

func addPayment(ctx context.Context, client *panel.Client, a models.PanelAction) (receipt int64, err error) {
	p := a.Payload
	r, err := client.AddPayment(ctx, panel.PaymentNew{Username: a.TargetName, Amount: p.Amount.Decimal, Method: p.Method,
		Memo: a.SentMemo(), AffiliateCommission: p.AffiliateCommission})
	seen := receiptSeen(r)
	if a.Contradicts(seen) {
		r.ID = 0
	}
	if err == nil && !a.Believes(seen) {
		err = &panel.Error{Op: "POST /payments/add", Class: panel.ErrShape, Sent: true, Words: "its receipt does not name our payment"}
	}
	return r.ID, err
}

func receiptSeen(r panel.PaymentReceipt) models.PaymentSeen {
	seen := models.PaymentSeen{ID: r.ID, User: r.Username, Memo: r.Memo}
	if r.Amount != nil {
		seen.Amount = decimal.NewNullDecimal(r.Amount.Amount)
	}
	return seen
}

func sendOther(ctx context.Context, client *panel.Client, a models.PanelAction) error {
	p := a.Payload
	switch a.Kind {
	case models.KindReply:
		return client.Reply(ctx, a.TargetID, a.Username, a.SentMessage())
	case models.KindAddUser:
		_, err := client.AddUser(ctx, panel.UserNew{Username: a.TargetName, Email: p.Email, Password: a.Secret.Reveal()})
		return err
	case models.KindOpenTicket:
		_, err := client.AddTicket(ctx, panel.TicketNew{Username: a.TargetName, Subject: p.Subject, Message: a.SentMessage(), StaffName: a.Username})
		return err
	case models.KindChangeStatus:
		return only(a.TargetID)(client.ChangeStatus(ctx, []int64{a.TargetID}, p.Status))
	case models.KindCancel:
		return only(a.TargetID)(client.Cancel(ctx, []int64{a.TargetID}, p.CancelReason))
	case models.KindRequestCancel:
		return only(a.TargetID)(client.RequestCancel(ctx, []int64{a.TargetID}))
	case models.KindResend:
		return only(a.TargetID)(client.Resend(ctx, []int64{a.TargetID}))
	case models.KindSetPartial:
		return client.SetPartial(ctx, a.TargetID, *p.Remains)
	case models.KindEditLink:
		return client.EditLink(ctx, a.TargetID, p.Link)
	case models.KindSetStartCount:
		return update(ctx, client, panel.OrderUpdate{ID: a.TargetID, StartCount: p.StartCount})
	case models.KindSetRemains:
		return update(ctx, client, panel.OrderUpdate{ID: a.TargetID, Remains: p.Remains})
	}
	return &panel.Error{Op: "send", Class: panel.ErrRefused, Words: "this version of Masterpanel cannot send this action"}
}

// only returns the result for a single order of a bulk call. An order that the answer does not mention may have been
// changed.
func only(id int64) func(panel.BulkResult, error) error {
	return func(r panel.BulkResult, err error) error {
		switch {
		case err != nil || slices.Contains(r.Done, id):
			return err
		case slices.Contains(r.Skipped, id):
			return &panel.Error{Op: "send", Class: panel.ErrRefused, Sent: true, Words: "it skipped the order"}
		}
		return &panel.Error{Op: "send", Class: panel.ErrShape, Sent: true, Words: "it does not mention the order"}
	}
}

func update(ctx context.Context, client *panel.Client, u panel.OrderUpdate) error {
	results, err := client.UpdateOrders(ctx, []panel.OrderUpdate{u})
	if err != nil {
		return err
	}
	return results[0].Err
}
