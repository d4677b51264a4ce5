package sim

import (
	"slices"
	"strings"
)

// Payment statuses in the API.
const (
	PaymentWaiting   = "waiting"
	PaymentCompleted = "completed"
	PaymentPending   = "pending"
	PaymentFailed    = "fail"
	PaymentExpired   = "expired"
	PaymentOnHold    = "hold"
	PaymentUnderpaid = "underpaid"
)

// Payment is one payment of a customer. Only completed payments count in the balance. Times are unix seconds.
type Payment struct {
	ID      int64
	User    string // username
	Amount  Money
	Method  string
	Status  string
	Memo    string
	Risk    string // low, medium, high
	Manual  bool   // added by staff
	Created int64
	Updated int64
}

func (p *Payment) place() (created, id int64) { return p.Created, p.ID }

// keepPayment stores a payment and credits it if it is completed.
func (w *world) keepPayment(p *Payment) {
	w.payments.add(p)
	if u := w.usersByName[p.User]; u != nil && p.Status == PaymentCompleted {
		u.Balance += p.Amount
	}
}

// setPaymentStatus changes a payment's status, and the balance if the payment becomes or was completed.
func (w *world) setPaymentStatus(p *Payment, status string) {
	u := w.usersByName[p.User]
	if p.Status == PaymentCompleted {
		u.Balance -= p.Amount
	}
	if status == PaymentCompleted {
		u.Balance += p.Amount
	}
	p.Status, p.Updated = status, w.stamp()
}

// listPayments is GET /payments.
func (w *world) listPayments(c *call, out *wire) error {
	q := c.query
	name, email, status := q.Get("username"), q.Get("user_email"), q.Get("payment_status")
	if out.v.IgnoreFilters {
		name, email, status = "", "", ""
	}
	keep := func(p *Payment) bool {
		return (name == "" || p.User == name) && (status == "" || p.Status == status) &&
			(email == "" || strings.EqualFold(w.usersByName[p.User].Email, email))
	}
	pg := readPage(c, out.v)
	rows, total := cut(w.payments.rows, keep, q.Get("sort") != "created-at-asc", pg)
	list(out, pg, rows, total, w.writePayment)
	return nil
}

func (w *world) writePayment(out *wire, p *Payment) {
	out.int("payment_id", p.ID)
	w.writeTarget(out, w.usersByName[p.User])
	out.money("amount", p.Amount)
	out.text("method", p.Method)
	out.text("status", p.Status)
	out.textOrNull("memo", out.v.memo(p.Memo))
	out.when("created", p.Created)
	if out.v.PaymentExtras {
		out.when("last_update", p.Updated)
		out.text("risk_level", p.Risk)
		out.text("mode", p.mode())
	}
}

func (p *Payment) mode() string {
	if p.Manual {
		return Manual
	}
	return Auto
}

func (w *world) writeTarget(out *wire, u *User) {
	out.object("user", func() {
		out.text("username", u.Username)
		out.money("balance", u.Balance)
	})
}

// addPayment is POST /payments/add. It is not idempotent: the same body twice credits twice.
func (w *world) addPayment(c *call, out *wire) error {
	u, err := w.target(c.body)
	if err != nil {
		return err
	}
	amount, ok := parseMoney(c.body.text("amount"))
	if !ok || amount <= 0 {
		return invalid("Amount is invalid.")
	}
	method := c.body.text("method")
	if !slices.Contains(w.profile.methods, method) {
		return invalid("Payment method not found.")
	}
	out.open('{')
	defer out.close('}')
	if out.v.NoRepeats {
		same := func(p *Payment) bool { return p.User == u.Username && p.Amount == amount && p.Manual }
		if i := slices.IndexFunc(w.payments.rows, same); i >= 0 {
			w.writeReceipt(out, *w.payments.rows[i])
			return nil
		}
	}
	now := w.stamp()
	p := &Payment{
		ID: w.next.payment(), User: u.Username, Amount: amount, Method: method, Status: PaymentCompleted,
		Memo: c.body.text("memo"), Risk: "low", Manual: true, Created: now, Updated: now,
	}
	w.keepPayment(p)
	w.writeReceipt(out, *p)
	return nil
}

func (w *world) writeReceipt(out *wire, p Payment) {
	out.int("payment_id", p.ID)
	if out.v.ReceiptIDOnly {
		return
	}
	if u := w.usersByName[p.User]; u != nil {
		w.writeTarget(out, u)
	}
	out.money("amount", p.Amount)
	out.text("memo", out.v.memo(p.Memo))
}

// cutMemo is the length of a shortened memo, too short for one of our references.
const cutMemo = 8

// memo returns a memo as the panel shows it.
func (v Variants) memo(s string) string {
	if v.LowerMemos {
		s = strings.ToLower(s)
	}
	if v.CutMemos {
		s = s[:min(len(s), cutMemo)]
	}
	return s
}
