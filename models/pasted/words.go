package pasted

import (
	"slices"
	"strings"
	"unicode"
)

var (
	// labels are words that mark a number as an order.
	labels = []string{"order", "orders", "orderid", "orderids", "id", "ids", "no", "nr", "num", "number", "numbers", "sipariş", "siparis", "siparişler",
		"siparişim", "заказ", "заказы", "заказа", "номер", "pedido", "pedidos", "bestellung", "commande", "ordine", "ordem", "pesanan", "طلب", "الطلب", "طلبات"}
	// joints are words between numbers that carry no meaning for IDs.
	joints = []string{"and", "or", "ve", "ile", "veya", "y", "e", "o", "und", "oder", "et", "ou", "и", "или", "و", "dan"}
	// shouted are words that may precede a number in capitals and are not a panel's code.
	shouted = []string{"also", "for", "please", "pls", "plz", "the", "my", "from", "to", "of", "is", "are", "in", "on", "with", "hello", "hi", "dear", "sir",
		"user", "ticket", "cancel", "refill", "speed", "start", "done", "not", "this", "these", "that", "all", "check", "fix", "stop", "ok", "ref"}
	// currencies are names for money; codesOfMoney count only in capitals, because "try" and "all" are words.
	currencies = []string{"tl", "usd", "eur", "gbp", "rub", "inr", "usdt", "btc", "euro", "euros", "avro", "dollar", "dollars", "dolar", "lira", "liras", "rupee",
		"rupees", "rs", "ruble", "rubles", "руб", "рублей", "real", "reais", "pounds"}
	codesOfMoney = []string{"AED", "ALL", "AUD", "BDT", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "DZD", "EGP", "HUF", "IDR", "ILS", "IQD", "IRR", "JOD", "JPY", "KRW",
		"KWD", "KZT", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "OMR", "PHP", "PKR", "PLN", "QAR", "RON", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "UAH",
		"UZS", "VND", "ZAR", "ETH", "LTC", "TRX", "BNB"}
)

// word reads a token with letters: a label, a panel's code, a number glued to one of them, or neither.
func (r *reader) word(t token) {
	text := r.line.string(t)
	lower := strings.ToLower(text)
	r.barred = false
	switch {
	case slices.Contains(joints, lower):
	case slices.Contains(labels, lower):
		r.labelled = true
	case r.codeOf(text):
	case r.glued(t):
	case r.policy == Conversation:
		r.labelled, r.barred = false, r.joinedBy("-/=@_")
		r.ignore(text)
	case isCode(text) && r.joinedBy("-/:#"), r.shouts(text):
		r.code, r.panel, r.nowhere = text+" ", 0, true
		if !r.joinedBy("-/:#") {
			r.ignore(text)
		}
	default:
		r.labelled = false
		r.ignore(text)
	}
}

// codeOf uses a word as a panel's code if it is one.
func (r *reader) codeOf(text string) bool {
	if r.panels.Code == nil {
		return false
	}
	panel, ok := r.panels.Code(text)
	if ok {
		r.code, r.panel, r.nowhere = text+" ", panel, false
	}
	return ok
}

// glued reads a label or code with a number attached, such as "ID101416" and "MTP594550".
func (r *reader) glued(t token) bool {
	from := t.to
	for from > t.from && kindOf(r.line.runes[from-1]) == number {
		from--
	}
	front := r.line.string(token{from: t.from, to: from})
	if from == t.to || from == t.from || strings.ContainsFunc(front, unicode.IsDigit) {
		return false
	}
	digits := token{number, from, t.to}
	if slices.Contains(labels, strings.ToLower(front)) {
		r.labelled = true
	} else if !r.codeOf(front) {
		return false
	}
	r.add(r.line.string(digits), r.line.from(from), r.line.to(t.to))
	return true
}

// joinedBy reports whether one of the given signs joins the current word to a number.
func (r *reader) joinedBy(signs string) bool {
	return r.is(r.at, sign) && strings.ContainsRune(signs, r.rune(r.at)) && r.is(r.at+1, number)
}

// shouts reports whether a word in capitals precedes a number like a code.
func (r *reader) shouts(text string) bool {
	if !isCode(text) || text != strings.ToUpper(text) || slices.Contains(shouted, strings.ToLower(text)) || slices.Contains(codesOfMoney, text) ||
		slices.Contains(currencies, strings.ToLower(text)) {
		return false
	}
	at := r.at
	for r.is(at, space) || r.is(at, sign) && strings.ContainsRune(":#", r.rune(at)) {
		at++
	}
	return r.is(at, number)
}

// isCode reports whether a word has the format of a panel's short code.
func isCode(text string) bool {
	return len(text) >= 2 && len(text) <= 6 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// is reports whether the token at an index has a kind.
func (r *reader) is(at int, k kind) bool {
	return at >= 0 && at < len(r.tokens) && r.tokens[at].kind == k
}

// rune returns the first character of a token.
func (r *reader) rune(at int) rune { return r.line.runes[r.tokens[at].from] }

// isMoney reports whether a token is a sign or a word for a currency.
func (r *reader) isMoney(at int) bool {
	switch {
	case r.is(at, sign):
		return unicode.Is(unicode.Sc, r.rune(at))
	case r.is(at, letters):
		text := r.line.string(r.tokens[at])
		return slices.Contains(codesOfMoney, text) || slices.Contains(currencies, strings.ToLower(text))
	}
	return false
}
