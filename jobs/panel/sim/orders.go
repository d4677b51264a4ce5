package sim

// Order statuses in the API.
const (
	Pending    = "pending"
	InProgress = "in_progress"
	Processing = "processing"
	Completed  = "completed"
	Partial    = "partial"
	Canceled   = "canceled"
	Errored    = "error"
	Failed     = "fail"
)

// Modes of services and orders: the panel sends an auto order to a provider, and its staff work on a manual one.
const (
	Auto   = "auto"
	Manual = "manual"
)

// Order is one order of a customer. Times are unix seconds.
type Order struct {
	ID              int64
	ExternalID      string // order id at the provider; "" until it answers, and for manual orders
	User            string // username
	CreationType    string // api, new_order_form, mass_order, …
	Charge          Money  // the customer's payment less refunds: lower after a partial, zero after a cancel
	Cost            Money  // the provider's price, in the panel's currency; zero for manual orders
	Link            string // a URL or a bare handle
	Comments        []string
	StartCount      *int64 // nil until the order was counted
	Quantity        int64
	Remains         int64 // never more than Quantity
	ServiceID       int64
	Status          string
	IP              string // "" for orders made by staff
	CancelReason    string
	CancelRequested bool
	Created         int64
	Updated         int64

	scheduled bool // the event queue holds a step of this order
}

func (o *Order) place() (created, id int64) { return o.Created, o.ID }

// Final reports whether the order has ended: completed, partial or canceled.
func (o *Order) Final() bool {
	return o.Status == Completed || o.Status == Partial || o.Status == Canceled
}

// Refunded reports whether the undelivered part was refunded. Such an order never changes again.
func (o *Order) Refunded() bool { return o.Status == Partial || o.Status == Canceled }

// setStatus changes the status. Completed sets the remains to 0, pending sets them to the quantity.
func (w *world) setStatus(o *Order, status string) {
	o.Status = status
	o.Updated = w.stamp()
	switch status {
	case Completed:
		o.Remains = 0
	case Pending:
		o.Remains = o.Quantity
	}
	if o.Final() {
		w.settleTasks(o)
	}
	w.scheduleOrder(o)
}

// refund returns the share of the remains to the customer and sets the status. If the status is canceled, it returns
// the whole charge.
func (w *world) refund(o *Order, remains int64, status string) {
	back := o.Charge.share(remains, o.Quantity)
	if status == Canceled {
		back, remains = o.Charge, o.Quantity
	}
	o.Charge -= back
	if u := w.usersByName[o.User]; u != nil {
		u.Balance += back
		u.Spent -= back
	}
	o.Remains = remains
	w.setStatus(o, status)
}

// charge takes the price of an order from its customer.
func (w *world) charge(o *Order) {
	if u := w.usersByName[o.User]; u != nil {
		u.Balance -= o.Charge
		u.Spent += o.Charge
		u.LastAuth = max(u.LastAuth, o.Created)
		u.remember(o.ID)
	}
}
