package sim

import (
	"strconv"
	"strings"
)

// Service types in the catalogue, as the User API spells them.
const (
	typeDefault    = "Default"
	typePackage    = "Package"
	typeComments   = "Custom Comments"
	typeLikes      = "Comment Likes"
	typePoll       = "Poll"
	typeWebTraffic = "Web Traffic"
)

// required names the fields of action=add besides service, by service type; see section 8.1 of the panel's
// documentation.
func required(serviceType string) []string {
	switch serviceType {
	case typePackage:
		return []string{"link"}
	case typeComments:
		return []string{"link", "comments"}
	case typeLikes:
		return []string{"link", "quantity", "username"}
	case typePoll:
		return []string{"link", "quantity", "answer_number"}
	case typeWebTraffic:
		return []string{"link", "quantity", "country", "device", "type_of_traffic"}
	}
	return []string{"link", "quantity"}
}

// addProblem is a reason to refuse a new order, as a code and as a sentence.
type addProblem struct{ code, sentence string }

func (p addProblem) in(v Variants) error {
	if v.UserAPISentences {
		return userRefusal(p.sentence)
	}
	return userRefusal(p.code)
}

// userAdd is action=add. Services here have no drip-feed, so it refuses a call with runs instead of ignoring the
// field.
func (w *world) userAdd(f form, out *wire) error {
	id, _ := strconv.ParseInt(f.Get("service"), 10, 64)
	s := w.services.byID[id]
	if s == nil {
		return addProblem{"error.incorrect_service_id", "Incorrect service ID"}.in(out.v)
	}
	for _, name := range required(s.Type) {
		if strings.TrimSpace(f.Get(name)) == "" {
			return addProblem{"neworder.error." + name, "Incorrect " + name}.in(out.v)
		}
	}
	if f.Has("runs") {
		return userRefusal("Incorrect request")
	}
	quantity, comments := s.wanted(f)
	if problem := s.quantityProblem(quantity); problem != (addProblem{}) {
		return problem.in(out.v)
	}
	owner := w.owner()
	charge := s.price(s.rateFor(owner), quantity)
	if charge > owner.Balance {
		return addProblem{"neworder.error.not_enough_funds", "Not enough funds on balance"}.in(out.v)
	}
	o := &Order{
		User: owner.Username, CreationType: "api", Link: f.Get("link"), Comments: comments, Charge: charge,
		Cost: s.price(s.Cost, quantity), Quantity: quantity, Remains: quantity, ServiceID: s.ID, Status: Pending, Created: w.stamp(),
	}
	w.fileOrder(o)
	out.open('{')
	out.int("order", o.ID)
	out.close('}')
	return nil
}

// wanted returns the quantity of a new order: the number of lines for comments, one for a package.
func (s *Service) wanted(f form) (quantity int64, comments []string) {
	switch s.Type {
	case typePackage:
		return 1, nil
	case typeComments:
		for line := range strings.Lines(f.Get("comments")) {
			if line = strings.TrimSpace(line); line != "" {
				comments = append(comments, line)
			}
		}
		return int64(len(comments)), comments
	}
	quantity, _ = strconv.ParseInt(f.Get("quantity"), 10, 64)
	return quantity, nil
}

func (s *Service) quantityProblem(quantity int64) addProblem {
	switch {
	case s.Type == typePackage:
	case quantity < s.Min:
		return addProblem{"neworder.error.min_quantity", "Incorrect quantity"}
	case quantity > s.Max:
		return addProblem{"neworder.error.max_quantity", "Incorrect quantity"}
	}
	return addProblem{}
}
