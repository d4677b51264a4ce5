package models

import (
	"slices"
	"strings"
	"time"
)

// MisreadMembers returns the members of a row's record that could not be parsed.
func (m Mirrored) MisreadMembers() []string {
	if m.Misread == "" {
		return nil
	}
	return strings.Split(m.Misread, ",")
}

// Misunderstood reports whether a member of the row's record could not be parsed, so that its value is unknown.
func (m Mirrored) Misunderstood(member string) bool {
	return m.Misread != "" && slices.Contains(m.MisreadMembers(), member)
}

// MisreadList joins members in the format of Mirrored.Misread.
func MisreadList(members []string) string {
	slices.Sort(members)
	return strings.Join(slices.Compact(members), ",")
}

// fitted is a row type whose record may omit any member. fit sets the values that lists sort by.
type fitted interface {
	fit(firstSeen time.Time)
}

// The maximum lengths, in bytes, of texts in indexed columns, because an index refuses longer ones, and in columns
// whose values are counted.
const (
	longestName = 400
	longestWord = 200
)

// shorten cuts a text that is too long for an index. The record keeps the whole text.
func (m *Mirrored) shorten(member string, text *string, longest int) {
	if len(*text) > longest {
		*text = clip(*text, longest)
		m.Misread = MisreadList(append(m.MisreadMembers(), member))
	}
}

// dateFrom sets a missing time to another one, and marks it as undated.
func dateFrom(other time.Time, at *time.Time, undated *bool) {
	if at.IsZero() {
		*at, *undated = other, true
	}
}

func (o *Order) fit(firstSeen time.Time) {
	o.shorten("user", &o.UserName, longestName)
	o.shorten("external_id", &o.ExternalID, longestName)
	o.shorten("status", &o.Status, longestWord)
	o.shorten("mode", &o.Mode, longestWord)
	o.shorten("creation_type", &o.Source, longestWord)
	o.shorten("provider", &o.Provider, longestWord)
	o.shorten("service_name", &o.ServiceName, 4*longestWord)
	dateFrom(firstSeen, &o.CreatedAt, &o.Undated)
}

func (p *Payment) fit(firstSeen time.Time) {
	p.shorten("user", &p.UserName, longestName)
	p.shorten("status", &p.Status, longestWord)
	p.shorten("method", &p.Method, longestWord)
	p.shorten("fraud_risk", &p.Risk, longestWord)
	p.shorten("mode", &p.Mode, longestWord)
	dateFrom(firstSeen, &p.CreatedAt, &p.Undated)
}

func (u *User) fit(firstSeen time.Time) {
	u.shorten("username", &u.Username, longestName)
	u.shorten("email", &u.Email, longestName)
	u.shorten("status", &u.Status, longestWord)
	dateFrom(firstSeen, &u.CreatedAt, &u.Undated)
}

// fit sets a missing update time to the creation time. When the record changes later, the fetch time becomes its update
// time.
func (t *Ticket) fit(firstSeen time.Time) {
	t.shorten("user", &t.UserName, longestName)
	t.shorten("status", &t.Status, longestWord)
	t.shorten("assignee", &t.Assignee, longestWord)
	dateFrom(firstSeen, &t.CreatedAt, &t.Undated)
	dateFrom(t.CreatedAt, &t.UpdatedAt, &t.UndatedUpdate)
}

func (s *Service) fit(time.Time) {
	s.shorten("name", &s.Name, 4*longestWord)
}
