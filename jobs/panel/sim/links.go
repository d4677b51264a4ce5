package sim

import "strings"

// link returns a new link of a shape or, sometimes, one that was ordered recently.
func (w *world) link(u *User, shape string) string {
	return w.orAgain(shape, 0.14, func() string { return w.fill(pick(w, texts()[shape]), u.Language) })
}

// orAgain makes a text of a kind or, with the given probability, repeats one of the latest 24.
func (w *world) orAgain(kind string, probability float64, make func() string) string {
	const kept = 24
	latest := w.latest[kind]
	if len(latest) > 0 && w.chance(probability) {
		return pick(w, latest)
	}
	text := make()
	if len(latest) == kept {
		latest = append(latest[:0], latest[1:]...)
	}
	w.latest[kind] = append(latest, text)
	return text
}

// fill replaces the placeholders of a link.
func (w *world) fill(shape, language string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(shape, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		hole, after, _ := strings.Cut(rest, "}")
		switch hole {
		case "h":
			b.WriteString(w.handle(language))
		case "n":
			w.letters(&b, "123456789", 1)
			w.letters(&b, "0123456789", 17)
		case "d":
			w.letters(&b, "123456789", 1+w.rng.IntN(4))
		case "c":
			w.letters(&b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", 11)
		}
		shape = after
	}
}

func (w *world) letters(b *strings.Builder, alphabet string, n int) {
	for range n {
		b.WriteByte(alphabet[w.rng.IntN(len(alphabet))])
	}
}

// handle returns a random account name on a social network.
func (w *world) handle(language string) string {
	first, last := pick(w, texts().in(language, "first")), pick(w, texts().in(language, "last"))
	return first + pick(w, []string{"_", "", "_", "official"}) + last + pick(w, []string{"", "", "1", "92", "_tv", "34"})
}
