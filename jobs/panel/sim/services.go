package sim

import (
	"strconv"
	"strings"
)

// Service is what a panel sells.
type Service struct {
	ID       int64
	Name     string
	Category string
	Type     string // as on the User API: Default, Package, Custom Comments, …
	Rate     Money  // per 1,000; for a package, for the whole
	Cost     Money  // what the provider takes, in the same measure
	Min, Max int64
	Refill   bool
	Cancel   bool
	Provider string // a domain; "" for manual services

	shape string // of its links, see links.go
}

func (s *Service) place() (created, id int64) { return 0, s.ID }

// Mode is auto for services of a provider and manual for the others.
func (s *Service) Mode() string {
	if s.Provider == "" {
		return Manual
	}
	return Auto
}

// wireType is the Admin API's spelling of the type.
func (s *Service) wireType() string {
	return strings.ReplaceAll(strings.ToLower(s.Type), " ", "_")
}

// price is what quantity costs at rate; a package costs its rate.
func (s *Service) price(rate Money, quantity int64) Money {
	if s.Type == typePackage {
		return rate
	}
	return rate.share(quantity, 1000)
}

// rateFor is the price per 1,000 for one customer: a custom rate goes before the discount.
func (s *Service) rateFor(u *User) Money {
	for _, rate := range u.CustomRates {
		switch {
		case rate.ServiceID == s.ID && rate.Percent != 0:
			return s.Rate.share(rate.Percent, 100)
		case rate.ServiceID == s.ID:
			return rate.Rate
		}
	}
	return s.Rate.share(100-u.Discount, 100)
}

func percent(n int64) string { return strconv.FormatInt(n, 10) + "%" }
