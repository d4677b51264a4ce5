package sim

import (
	"strconv"
	"strings"
)

// newUser makes a random customer and reserves the username. The caller sets id and creation time and stores the
// customer.
func (w *world) newUser(language string) *User {
	name := w.username(language)
	u := &User{
		Username: name, Language: language, Status: "active",
		Email: w.mailbox(name) + "@" + pick(w, []string{"example.com", "example.org", "example.net"}),
	}
	switch {
	case w.chance(0.02):
		u.Status = "suspended"
	case w.chance(0.06):
		u.Discount = pick(w, []int64{2, 3, 5, 10})
	case w.chance(0.03):
		u.CustomRates = w.ownRates()
	}
	w.usersByName[name] = u
	return u
}

func (w *world) ownRates() []CustomRate {
	var rates []CustomRate
	for range w.between(1, 3) {
		s := pick(w, w.services.rows)
		rate := CustomRate{ServiceID: s.ID, Rate: s.Rate.share(9, 10)}
		if w.chance(0.5) {
			rate = CustomRate{ServiceID: s.ID, Percent: w.between(80, 95)}
		}
		rates = append(rates, rate)
	}
	return rates
}

// username returns a random username that is not taken. Rarely it is a hostile text.
func (w *world) username(language string) string {
	for {
		name := w.handleFor(language)
		if w.usersByName[name] == nil {
			return name
		}
	}
}

func (w *world) handleFor(language string) string {
	if w.chance(0.004) {
		return expand(w.hostile("username"), nil) + strconv.Itoa(w.rng.IntN(100))
	}
	first, last := pick(w, texts().in(language, "first")), pick(w, texts().in(language, "last"))
	switch w.rng.IntN(5) {
	case 0:
		return first + strconv.FormatInt(w.between(1, 99999), 10)
	case 1:
		return first + "." + last
	case 2:
		return last + pick(w, []string{"smm", "panel", "boost", "shop", "media"}) + strconv.FormatInt(w.between(1, 99), 10)
	case 3:
		return strings.ToUpper(first[:1]) + first[1:] + strconv.FormatInt(w.between(70, 2009), 10)
	}
	return first + "_" + last + strconv.FormatInt(w.between(1, 999), 10)
}

// mailbox makes the local part of an e-mail address from a username. Its number makes it unique.
func (w *world) mailbox(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	return plain + strconv.Itoa(len(w.usersByName)+11)
}

// address returns an IP address from the ranges reserved for documentation.
func (w *world) address() string {
	return pick(w, []string{"192.0.2.", "198.51.100.", "203.0.113."}) + strconv.FormatInt(w.between(1, 254), 10)
}
