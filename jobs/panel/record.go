package panel

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// record reads the fields of one JSON object and keeps the first fault, so that a
// decoder is a plain list of fields. Faults name the field and never its value:
// the value is a customer's.
type record struct {
	fields map[string]json.RawMessage
	err    error
}

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

// read applies a parser to a field.
func read[T any](r *record, name string, parse func(json.RawMessage) (T, error)) T {
	v, err := parse(r.fields[name])
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return v
}

func (r *record) text(name string) string    { return read(r, name, parseText) }
func (r *record) flag(name string) bool      { return read(r, name, parseFlag) }
func (r *record) time(name string) time.Time { return read(r, name, parseTime) }

// id reads the first of several names that is present; one of them must be.
func (r *record) id(names ...string) int64 {
	return read(r, r.first(names...), parseID)
}

// first returns the first of several names that is present, or else the first.
func (r *record) first(names ...string) string {
	for _, n := range names {
		if !absent(r.fields[n]) {
			return n
		}
	}
	return names[0]
}

// integer reads a whole number; 0 if it is absent.
func (r *record) integer(name string) int64 {
	if p := r.optInteger(name); p != nil {
		return *p
	}
	return 0
}

// optInteger reads a whole number; nil if it is absent.
func (r *record) optInteger(name string) *int64 { return optional(r, name, parseInt) }

// amount reads a decimal number that must be there.
func (r *record) amount(name string) decimal.Decimal {
	return read(r, name, func(raw json.RawMessage) (decimal.Decimal, error) {
		d, ok, err := parseAmount(raw)
		if err == nil && !ok {
			err = errMissing
		}
		return d, err
	})
}

// money reads an amount of money; the zero Money if it is absent.
func (r *record) money(name string) Money {
	if p := r.optMoney(name); p != nil {
		return *p
	}
	return Money{}
}

// optMoney reads an amount of money; nil if it is absent.
func (r *record) optMoney(name string) *Money { return optional(r, name, parseMoney) }

// optional applies a parser that knows absence to a field.
func optional[T any](r *record, name string, parse func(json.RawMessage) (T, bool, error)) *T {
	var present bool
	v := read(r, name, func(raw json.RawMessage) (v T, err error) {
		v, present, err = parse(raw)
		return v, err
	})
	if !present {
		return nil
	}
	return &v
}

// person reads a user: a bare name on orders, {"id","username"} elsewhere.
func (r *record) person(name string) person { return read(r, name, parsePerson) }

type person struct {
	id      int64
	name    string
	balance *Money
}

func parsePerson(raw json.RawMessage) (person, error) {
	if len(raw) == 0 || raw[0] != '{' {
		name, err := parseText(raw)
		return person{name: name}, err
	}
	r, err := newRecord(raw)
	if err != nil {
		return person{}, err
	}
	p := person{id: r.integer("id"), name: r.text("username"), balance: r.optMoney("balance")}
	return p, r.err
}
