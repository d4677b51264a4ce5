package handlers

import (
	"bytes"
	"html/template"
	"strconv"

	"github.com/valyala/fasthttp"
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

// answer writes a page that a template wrote into an answer: each piece in its place, and the nonce where the marks are.
func (s stampedViews) answer(to *fasthttp.Response, page []byte, p pieces, nonce string) {
	for {
		before, after, there := bytes.Cut(page, []byte(s.place))
		s.sign(to, before, nonce)
		if !there {
			return
		}
		number, rest, _ := bytes.Cut(after, []byte(";"))
		if i, err := strconv.Atoi(string(number)); err == nil && i < len(p.all) {
			s.write(to, p.all[i], nonce)
		}
		page = rest
	}
}

func (s stampedViews) write(to *fasthttp.Response, p piece, nonce string) {
	for _, text := range p.texts {
		add := to.AppendBody
		if text.signed {
			add = func(text []byte) { s.sign(to, text, nonce) }
		}
		add(text.open)
		for _, at := range p.shown {
			add(text.cells[at])
		}
		to.AppendBodyString(p.end)
	}
}

// marked tells whether a text bears the mark that a nonce replaces.
func (s stampedViews) marked(text []byte) bool { return bytes.Contains(text, []byte(s.mark)) }

// sign adds a text to an answer, with the nonce in place of every mark.
func (s stampedViews) sign(to *fasthttp.Response, text []byte, nonce string) {
	for {
		before, after, there := bytes.Cut(text, []byte(s.mark))
		to.AppendBody(before)
		if !there {
			return
		}
		to.AppendBodyString(nonce)
		text = after
	}
}
