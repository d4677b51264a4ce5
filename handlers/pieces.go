package handlers

import (
	"bytes"
	"html/template"
	"strconv"
)

// A list's rows and the parts around them are most of its page and rarely change. They are cached in rendered form
// (kept.go) and copied straight into the response: the page's template contains only a placeholder for each piece. So
// cached content passes through no template again and is not searched again for placeholders or hidden characters.

// written is cached template output, with hidden characters made visible. signed means that it contains the nonce
// placeholder, which each response replaces. It is shared and must not be modified.
type written struct {
	open   []byte
	cells  [][]byte // the cells of a row, in the order of the list's columns
	signed bool
}

// size is the approximate memory size in bytes.
func (w written) size() int {
	const perText, perCell = 200, 24
	size := perText + len(w.open) + perCell*len(w.cells)
	for _, cell := range w.cells {
		size += len(cell)
	}
	return size
}

// piece is the content for one placeholder of a page: texts in order, each followed by the cells at the indexes shown,
// and then end.
type piece struct {
	texts []written
	shown []int
	end   string
}

// pieces holds all pieces of one page.
type pieces struct{ all []piece }

// pieced is a template value that has pieces.
type pieced interface{ written() pieces }

// in adds a piece and returns its placeholder for the template. The placeholder is safe HTML because it contains only
// random letters and a number. Its replacement is always output of html/template from our own templates.
func (p *pieces) in(views stampedViews, one piece) template.HTML {
	p.all = append(p.all, one)
	return template.HTML(views.place + strconv.Itoa(len(p.all)-1) + ";") // #nosec G203 -- see above
}

// answer appends a rendered page to a response, with each piece in its place and the nonce instead of its placeholder.
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

// marked reports whether a text contains the nonce placeholder.
func (s stampedViews) marked(text []byte) bool { return bytes.Contains(text, []byte(s.mark)) }

// sign appends a text to a response, with the nonce instead of every placeholder.
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
