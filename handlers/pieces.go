package handlers

import (
	"bytes"
	"html/template"
	"strconv"
)

// A list's rows and what stands around them are most of its page and nearly always as they were. They are kept as they were
// written (kept.go) and go from there into the answer: the page's template has a mark in the place of each piece, so no
// template, no search for marks and no search for hidden characters goes over them again.

// written is what templates wrote earlier, with its hidden characters shown. signed says that elements in it bear the
// mark that the nonce of its answer replaces. Nothing changes it once it is made: it is shared.
type written struct {
	open   []byte
	cells  [][]byte // of a row, in the order of the list's columns
	signed bool
}

// size is about how many bytes of memory it takes here.
func (w written) size() int {
	const perText, perCell = 200, 24
	size := perText + len(w.open) + perCell*len(w.cells)
	for _, cell := range w.cells {
		size += len(cell)
	}
	return size
}

// piece is what belongs in one place of a page: texts one after the other, each with those of its cells that are shown, and
// an end.
type piece struct {
	texts []written
	shown []int
	end   string
}

// pieces are those of one page.
type pieces struct{ all []piece }

// pieced is the value of a template that has pieces.
type pieced interface{ written() pieces }

// in adds a piece and returns what its template shows in its place. It is marked as safe HTML because it is nothing but a
// mark; what comes to stand there is what html/template wrote of our own templates, and no other text ever gets there.
func (p *pieces) in(views stampedViews, one piece) template.HTML {
	p.all = append(p.all, one)
	return template.HTML(views.place + strconv.Itoa(len(p.all)-1) + ";") // #nosec G203 -- see above
}

// answer adds a page that a template wrote to an answer: each piece in its place, and the nonce where the marks are.
func (s stampedViews) answer(to, page []byte, p pieces, nonce string) []byte {
	for {
		before, after, there := bytes.Cut(page, []byte(s.place))
		to = s.sign(to, before, nonce)
		if !there {
			return to
		}
		number, rest, _ := bytes.Cut(after, []byte(";"))
		if i, err := strconv.Atoi(string(number)); err == nil && i < len(p.all) {
			to = s.put(to, p.all[i], nonce)
		}
		page = rest
	}
}

func (s stampedViews) put(to []byte, p piece, nonce string) []byte {
	for _, text := range p.texts {
		if text.signed {
			to = s.sign(to, text.open, nonce)
		} else {
			to = append(to, text.open...)
		}
		for _, at := range p.shown {
			if text.signed {
				to = s.sign(to, text.cells[at], nonce)
			} else {
				to = append(to, text.cells[at]...)
			}
		}
		to = append(to, p.end...)
	}
	return to
}

// marked tells whether a text bears the mark that a nonce replaces.
func (s stampedViews) marked(text []byte) bool { return bytes.Contains(text, []byte(s.mark)) }

// sign adds a text to an answer, with the nonce in place of every mark.
func (s stampedViews) sign(to, text []byte, nonce string) []byte {
	for {
		before, after, there := bytes.Cut(text, []byte(s.mark))
		to = append(to, before...)
		if !there {
			return to
		}
		to = append(to, nonce...)
		text = after
	}
}
