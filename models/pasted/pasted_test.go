package pasted_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"masterpanel/models/pasted"
)

// panels knows P1, whose admin is at shop.example.
var panels = pasted.Panels{
	Code: func(word string) (int64, bool) {
		return 1, strings.EqualFold(word, "P1") || strings.EqualFold(word, "MTP")
	},
	Host: func(host string) (int64, bool) { return 1, host == "shop.example" },
}

func spell(r pasted.Reading) string {
	var words []string
	for _, id := range r.IDs {
		word := fmt.Sprint(id.Number)
		if id.Nowhere {
			word = "nowhere " + id.Text
		} else if id.Panel != 0 {
			word = fmt.Sprint(id.Panel, "/", id.Number)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestPastedIDsAreReadHoweverTheyAreWritten(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"sentence", "Order 101416 and 101417, also 101418 please.", "101416 101417 101418"},
		{"numbered list", "1) 101416\n2) 101417\n3) 101418", "101416 101417 101418"},
		{"numbered list, dots", "1. 101416\n2. 101417", "101416 101417"},
		{"bullets", "- 101416\n- 101417\n• 101418", "101416 101417 101418"},
		{"brackets", "[101416, 101417, 101418]", "101416 101417 101418"},
		{"quotes", "\"101416\",\"101417\"", "101416 101417"},
		{"parentheses", "(101416) (101417)", "101416 101417"},
		{"slashes", "101416/101417/101418", "101416 101417 101418"},
		{"full stops", "101416. 101417. 101418.", "101416 101417 101418"},
		{"pipes", "101416 | 101417 | 101418", "101416 101417 101418"},
		{"no-break space", "101416\u00a0101417\u00a0101418", "101416 101417 101418"},
		{"thin space", "101416\u2009101417", "101416 101417"},
		{"zero-width from a chat", "\u200b101416\u200b\n\u200b101417\u200b", "101416 101417"},
		{"byte order mark", "\ufeff101416\n101417", "101416 101417"},
		{"direction marks", "\u200f101416\n\u202b101417\u202c", "101416 101417"},
		{"Arabic digits", "\u0661\u0660\u0661\u0664\u0661\u0666\n\u0661\u0660\u0661\u0664\u0661\u0667", "101416 101417"},
		{"Arabic comma", "101416\u060c 101417\u060c 101418", "101416 101417 101418"},
		{"glued label", "ID101416 ID:101417", "101416 101417"},
		{"plus", "101416+101417", "101416 101417"},
		{"range", "101416-101418", "101416 101417 101418"},
		{"label in the global search", "Order 101416", "101416"},
		{"label with a sign", "order #101416", "101416"},
		{"label of two words", "Order ID: 101416", "101416"},
		{"short label", "ID 101416", "101416"},
		{"code with a hyphen in the global search", "P1-101416", "1/101416"},
		{"code with a slash", "P1/101416", "1/101416"},
		{"code with a space", "MTP 594550 594551", "1/594550 1/594551"},
		{"code glued", "mtp594550", "1/594550"},
		{"own address in the global search", "https://desk.example/orders/1/101416", "1/101416"},
		{"own path", "see /orders/1/101416.", "1/101416"},
		{"the panel's address", "https://shop.example/admin/orders?search=101416", "1/101416"},
		{"formatted by a spreadsheet", "101,416\n101,417", ""},
		{"full-width and mathematical digits", "１０１４１６ 𝟏𝟎𝟏𝟒𝟏𝟕", "101416 101417"},
		{"a code that no panel has", "NONE 594550, XY-5", "nowhere NONE 594550 nowhere XY 5"},
		{"a code for one line", "MTP 2, 3\n594550", "1/2 1/3 594550"},
		{"small ids in a list", "1) 5\n2) 7\n3) 1", "5 7 1"},
		{"numbering without space", "1.101416\n2.101417", "101416 101417"},
		{"dates and times", "2026-03-01 12:30 101416", "101416"},
		{"an amount", "101416 12.50", "101416"},
		{"two ids given backwards", "101418-101416", "101418 101416"},
		{"other addresses", "https://instagram.com/p/123456 101416", "101416"},
		{"nothing", "hello", ""},
		{"arithmetic", "' OR 1=1 --", ""},
	} {
		if got := spell(pasted.Read(c.text, pasted.Asked, panels)); got != c.want {
			t.Errorf("%s: %q is read as %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestAReadingSaysWhatItLeftOut(t *testing.T) {
	r := pasted.Read("Order 5, 5 and 5 for anna\n1,500 7-9 5-9999999 0 99999999999999999999", pasted.Asked, panels)
	if r.Duplicates != 3 || !slices.Equal(r.Ignored, []string{"for", "anna", "0", "99999999999999999999"}) ||
		!slices.Equal(r.Grouped, []string{"1,500"}) || !slices.Equal(r.Ranges, []string{"7-9"}) {
		t.Errorf("got %+v", r)
	}
	if r := pasted.Read("1000000-1999999", pasted.Asked, panels); len(r.IDs) != 0 || !slices.Equal(r.Ignored, []string{"1000000-1999999"}) {
		t.Errorf("a range that is too long: got %+v", r)
	}
}

func TestInAConversationOnlyNumbersThatMayBeOrdersCount(t *testing.T) {
	for text, want := range map[string]string{
		"101403/101402/101401": "101403 101402 101401", "Order ID101403": "+101403", "id101403 not done": "+101403", "101403+101402": "101403 101402",
		"101403.101402": "101403 101402", "I paid 101403 TL": "", "I paid 101403$": "", "paid USD 101403": "", "5 USD 101403 not done": "101403",
		"orders 550039,550040 and #550041.": "+550039 +550040 +550041", "Заказ 550039, طلب 550040!": "+550039 +550040", "try 101403 try again": "101403",
		"https://insta.example/p/5500391 and insta/5500391": "", "pid=550039 a550039 550039b @550039": "", "I paid $550039 or 550039.50 or 550039%": "",
		"0550039": "", "120000000000": "", "TX-550039": "", "call +905321234567": "", "550039,50 lira": "", "order 5 please 550039": "+5 550039", "١٠١٤٠٣": "101403",
	} {
		var got []string
		for _, id := range pasted.Read(text, pasted.Conversation, pasted.Panels{}).IDs {
			got = append(got, strings.Repeat("+", map[bool]int{true: 1}[id.Labelled])+fmt.Sprint(id.Number))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is read as %q, want %q", text, strings.Join(got, " "), want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"1) 101416\n2.5", "P1-5/6", "\ufeff\u200b١", "5-7,1,500 1=1 #", "/orders/1/2 a://", "\xff1\xc3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, policy := range []pasted.Policy{pasted.Asked, pasted.Conversation} {
			for _, id := range pasted.Read(text, policy, panels).IDs {
				if id.Number <= 0 || id.From < 0 || id.From >= id.To || id.To > len(text) {
					t.Errorf("%q: got %+v", text, id)
				}
			}
		}
	})
}
