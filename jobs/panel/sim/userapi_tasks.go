package sim

import (
	"strconv"
	"strings"
)

// userRefill is action=refill. The call about one order answers a string, the call about several numbers or error
// objects.
func (w *world) userRefill(f form, out *wire) error {
	if !f.Has("orders") {
		t, err := w.askRefill(f.Get("order"))
		if err != nil {
			return err
		}
		out.open('{')
		out.text("refill", strconv.FormatInt(t.ID, 10))
		out.close('}')
		return nil
	}
	return w.eachOwned(f, out, "refill", func(id string) (int64, error) {
		t, err := w.askRefill(id)
		if err != nil {
			return 0, err
		}
		return t.ID, nil
	})
}

func (w *world) askRefill(id string) (*Task, error) {
	o := w.owned(id)
	switch {
	case o == nil:
		return nil, userRefusal(incorrectOrder)
	case !w.canRefill(o) || w.refills.openFor(o.ID) != nil:
		return nil, userRefusal("Refill is not available")
	}
	return w.openRefill(o), nil
}

// userCancel is action=cancel, which always takes a list of orders.
func (w *world) userCancel(f form, out *wire) error {
	return w.eachOwned(f, out, "cancel", func(id string) (int64, error) {
		o := w.owned(id)
		switch {
		case o == nil:
			return 0, userRefusal(incorrectOrder)
		case !w.services.byID[o.ServiceID].Cancel || o.Final() || o.CancelRequested:
			return 0, userRefusal("Cancel is not available")
		}
		w.wishCancel(o)
		return 1, nil
	})
}

// eachOwned answers [{"order": id, name: number or {"error": text}}].
func (w *world) eachOwned(f form, out *wire, name string, apply func(id string) (int64, error)) error {
	ids, err := f.many("orders")
	if err != nil {
		return err
	}
	out.open('[')
	for _, id := range ids {
		n, err := apply(id)
		order, _ := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
		out.open('{')
		out.int("order", order)
		if err != nil {
			out.object(name, func() { out.text("error", err.Error()) })
		} else {
			out.int(name, n)
		}
		out.close('}')
	}
	out.close(']')
	return nil
}

// userRefillStatus is action=refill_status, with refill or refills.
func (w *world) userRefillStatus(f form, out *wire) error {
	if !f.Has("refills") {
		t := w.ownedRefill(f.Get("refill"))
		if t == nil {
			return userRefusal("Refill not found")
		}
		out.open('{')
		out.text("status", statusWord(t.Status))
		out.close('}')
		return nil
	}
	ids, err := f.many("refills")
	if err != nil {
		return err
	}
	out.open('[')
	for _, id := range ids {
		n, _ := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
		out.open('{')
		out.int("refill", n)
		if t := w.ownedRefill(id); t != nil {
			out.text("status", statusWord(t.Status))
		} else {
			out.object("status", func() { out.text("error", "Refill not found") })
		}
		out.close('}')
	}
	out.close(']')
	return nil
}

func (w *world) ownedRefill(id string) *Task {
	n, _ := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
	t := w.refills.byID(n)
	if t == nil || w.owned(strconv.FormatInt(t.Order, 10)) == nil {
		return nil
	}
	return t
}
