package sim

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// wire writes JSON by appending, because tests and the demo request pages of 1,000 orders all the time. A comma
// follows every value, and the closing bracket removes the last one.
type wire struct {
	b        []byte
	v        Variants
	zone     *time.Location
	currency string
	page     *pageInfo // set by lists
}

func (w *wire) key(name string) {
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

// reserve grows the buffer for a page, so that it is not copied while it grows.
func (w *wire) reserve(rows int) {
	const usualRow = 900
	w.b = slices.Grow(w.b, rows*usualRow)
}

// quotedKey writes a key that comes from the caller.
func (w *wire) quotedKey(name string) {
	w.quoted(name)
	w.b[len(w.b)-1] = ':'
}

func (w *wire) open(bracket byte) { w.b = append(w.b, bracket) }

func (w *wire) close(bracket byte) {
	w.trim()
	w.b = append(w.b, bracket, ',')
}

// trim removes the comma after the last value.
func (w *wire) trim() {
	if n := len(w.b); n > 0 && w.b[n-1] == ',' {
		w.b = w.b[:n-1]
	}
}

func (w *wire) raw(s string) { w.b = append(append(w.b, s...), ',') }

func (w *wire) object(name string, fields func()) {
	w.key(name)
	w.open('{')
	fields()
	w.close('}')
}

func (w *wire) array(name string, items func()) {
	w.key(name)
	w.open('[')
	items()
	w.close(']')
}

func (w *wire) text(name, s string) {
	w.key(name)
	w.quoted(s)
}

// textOrNull writes null for the empty string.
func (w *wire) textOrNull(name, s string) {
	if s == "" {
		w.null(name)
		return
	}
	w.text(name, s)
}

func (w *wire) null(name string) {
	w.key(name)
	w.raw("null")
}

func (w *wire) flag(name string, v bool) {
	w.key(name)
	w.raw(strconv.FormatBool(v))
}

func (w *wire) int(name string, n int64) {
	w.key(name)
	w.number(n)
}

func (w *wire) number(n int64) {
	if w.v.NumbersAsStrings {
		w.b = append(strconv.AppendInt(append(w.b, '"'), n, 10), '"', ',')
		return
	}
	w.b = append(strconv.AppendInt(w.b, n, 10), ',')
}

func (w *wire) intOrNull(name string, n *int64) {
	if n == nil {
		w.null(name)
		return
	}
	w.int(name, *n)
}

// ints writes a list of ids, or [] if there are none.
func (w *wire) ints(name string, list []int64) {
	w.array(name, func() {
		for _, n := range list {
			w.number(n)
		}
	})
}

func (w *wire) quoted(s string) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			safe, _ := json.Marshal(s) // a string always marshals
			w.b = append(append(w.b, safe...), ',')
			return
		}
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, s...)
	w.b = append(w.b, '"', ',')
}

// money writes {value, currency_code, formatted} in the panel's currency.
func (w *wire) money(name string, m Money) { w.moneyIn(name, m, w.currency) }

func (w *wire) moneyIn(name string, m Money, currency string) {
	w.key(name)
	w.open('{')
	w.key("value")
	if w.v.MoneyAsNumber {
		w.b = append(m.appendTo(w.b), ',')
	} else {
		w.b = append(m.appendTo(append(w.b, '"')), '"', ',')
	}
	w.text("currency_code", currency)
	if !w.v.NoFormatted {
		w.key("formatted")
		w.b = append(m.appendTo(append(append(w.b, '"'), symbol(currency)...)), '"', ',')
	}
	w.close('}')
}

// when writes the pair name (a string in the panel's zone) and name_timestamp (unix seconds).
func (w *wire) when(name string, unix int64) {
	w.key(name)
	w.b = append(w.b, '"')
	w.b = time.Unix(unix, 0).In(w.zone).AppendFormat(w.b, time.DateTime)
	w.b = append(w.b, '"', ',')
	w.int(name+"_timestamp", unix)
}

// whenOrNull writes both values of the pair, as null for zero.
func (w *wire) whenOrNull(name string, unix int64) {
	if unix == 0 {
		w.null(name)
		w.null(name + "_timestamp")
		return
	}
	w.when(name, unix)
}
