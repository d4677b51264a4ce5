package panel

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// record reads the members of one JSON object, so that a decoder is a plain list of members. A strict record, for the
// answer to one call, keeps the first error. A lenient record, for an entry of a list, requires only its id: the
// members of a panel are not fully documented, so it records the names of members that it does not understand and
// continues. Errors name the member and never its value, because the value may be a customer's data.
type record struct {
	fields  map[string]json.RawMessage
	err     error
	lenient bool
	within  string   // path of this record inside another record, with a trailing dot
	misread []string // names of members that a lenient record did not understand
}

// newRecord starts a strict record.
func newRecord(raw json.RawMessage) (*record, error) {
	if depth(raw) > maxDepth {
		return nil, errTooDeep
	}
	fields, err := splitObject(raw)
	if err != nil {
		return nil, err
	}
	return &record{fields: fields}, nil
}

// newEntry starts a lenient record.
func newEntry(raw json.RawMessage) (*record, error) {
	fields, err := splitEntry(raw)
	if err != nil {
		return nil, err
	}
	return &record{fields: fields, lenient: true}, nil
}

// inner starts the record of a member that is an object. It is strict or lenient like the outer record.
func (r *record) inner(name string) (*record, error) {
	if !r.lenient {
		return newRecord(r.fields[name])
	}
	inner, err := newEntry(r.fields[name])
	if err == nil {
		inner.within = r.within + name + "."
	}
	return inner, err
}

// join adds the errors of an inner record.
func (r *record) join(name string, inner *record) {
	if inner.err != nil {
		r.fault(name, inner.err)
	}
	r.misread = append(r.misread, inner.misread...)
}

// fault records that a member was not understood.
func (r *record) fault(name string, err error) {
	switch {
	case r.lenient:
		if name = r.within + name; !slices.Contains(r.misread, name) {
			r.misread = append(r.misread, name)
		}
	case r.err == nil:
		r.err = fmt.Errorf("%s: %w", name, err)
	}
}

// read applies a parser to a member. If the parser fails, it returns the zero value.
func read[T any](r *record, name string, parse func(json.RawMessage) (T, error)) T {
	v, err := parse(r.fields[name])
	if err != nil {
		var zero T
		r.fault(name, err)
		return zero
	}
	return v
}

func (r *record) text(name string) string {
	if r.lenient {
		return read(r, name, parsePlainText)
	}
	return read(r, name, parseText)
}

func (r *record) flag(name string) bool {
	if r.lenient {
		return read(r, name, parsePlainFlag)
	}
	return read(r, name, parseFlag)
}

// id reads the first of several names that holds an id. If none does, it sets the record's error.
func (r *record) id(names ...string) int64 {
	for _, name := range names {
		if id, err := parseID(r.fields[name]); err == nil {
			return id
		}
	}
	name := r.first(names...)
	_, err := parseID(r.fields[name])
	if string(r.fields[name]) == string(ambiguous) {
		err = errTwice
	}
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return 0
}

// first returns the first of several names that is present, or the first name if none is.
func (r *record) first(names ...string) string {
	for _, n := range names {
		if !absent(r.fields[n]) {
			return n
		}
	}
	return names[0]
}

// integer reads a whole number. It returns 0 if the number is absent.
func (r *record) integer(name string) int64 {
	if p := r.optInteger(name); p != nil {
		return *p
	}
	return 0
}

// optInteger reads a whole number. It returns nil if the number is absent.
func (r *record) optInteger(name string) *int64 { return optional(r, name, parseInt) }

// amount reads a required decimal number.
func (r *record) amount(name string) decimal.Decimal {
	return read(r, name, func(raw json.RawMessage) (decimal.Decimal, error) {
		d, ok, err := parseAmount(raw)
		if err == nil && !ok {
			err = errMissing
		}
		return d, err
	})
}

// optAmount reads a decimal number. It returns nil if the number is absent.
func (r *record) optAmount(name string) *decimal.Decimal { return optional(r, name, parseAmount) }

// money reads {"value","currency_code","formatted"}, or a bare amount. It returns nil if the amount is absent. In a
// lenient record it keeps an amount whose currency is not understood.
func (r *record) money(name string) *Money {
	raw := r.fields[name]
	if len(raw) == 0 || raw[0] != '{' {
		if amount := r.optAmount(name); amount != nil {
			return &Money{Amount: *amount}
		}
		return nil
	}
	inner, err := r.inner(name)
	if err != nil {
		r.fault(name, err)
		return nil
	}
	amount := inner.optAmount("value")
	m := Money{Currency: inner.text("currency_code"), Formatted: inner.text("formatted")}
	r.join(name, inner)
	if amount == nil || inner.err != nil {
		return nil
	}
	m.Amount = *amount
	return &m
}

// optional applies a parser to a member that may be absent.
func optional[T any](r *record, name string, parse func(json.RawMessage) (T, bool, error)) *T {
	v, present, err := parse(r.fields[name])
	if err != nil {
		r.fault(name, err)
	}
	if err != nil || !present {
		return nil
	}
	return &v
}

type person struct {
	id      int64
	name    string
	balance *Money
}

// person reads a user: a bare name on orders, {"id","username"} elsewhere.
func (r *record) person(name string) person {
	raw := r.fields[name]
	if len(raw) == 0 || raw[0] != '{' {
		return person{name: read(r, name, parseText)}
	}
	inner, err := r.inner(name)
	if err != nil {
		r.fault(name, err)
		return person{}
	}
	called := "username"
	if r.lenient {
		called = inner.first("username", "name")
	}
	p := person{id: inner.integer("id"), name: inner.text(called), balance: inner.money("balance")}
	if r.lenient && p.name == "" && len(inner.misread) == 0 {
		inner.fault(called, errMissing)
	}
	r.join(name, inner)
	return p
}
