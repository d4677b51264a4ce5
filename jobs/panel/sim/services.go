package sim

import (
	"strconv"
	"strings"
)

// Service is an entry of a panel's catalogue.
type Service struct {
	ID       int64
	Name     string
	Category string
	Type     string // in the User API's spelling: Default, Package, Custom Comments, …
	Rate     Money  // per 1,000; for a package, the total price
	Cost     Money  // the provider's price, in the same unit
	Min, Max int64
	Refill   bool
	Cancel   bool
	Provider string // a domain; "" for manual services

	shape string // shape of its links, see links.go
}

func (s *Service) place() (created, id int64) { return 0, s.ID }

// Mode returns auto for services of a provider and manual for the others.
func (s *Service) Mode() string {
	if s.Provider == "" {
		return Manual
	}
	return Auto
}

// wireType returns the Admin API's spelling of the type.
func (s *Service) wireType() string {
	return strings.ReplaceAll(strings.ToLower(s.Type), " ", "_")
}

// price returns the price of quantity at rate. A package costs its rate.
func (s *Service) price(rate Money, quantity int64) Money {
	if s.Type == typePackage {
		return rate
	}
	return rate.share(quantity, 1000)
}

// rateFor returns the price per 1,000 for one customer. A custom rate overrides the discount.
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
