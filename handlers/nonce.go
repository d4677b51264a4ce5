package handlers

import (
	"bytes"
	"crypto/rand"
	"io"
	"io/fs"
	"path"
	"regexp"
)

// stampedViews are the templates with a mark on every element of ours that carries hx-* attributes, and on our script.
// render puts each answer's own nonce where the mark is, and in the browser hx-csp takes hx-* attributes off every
// element that lacks it: markup that somebody smuggled into a page is dead there. Nobody outside ever sees the mark,
// so nobody can write it into a name or a message.
// place begins the mark of where a page has what was written before it (pieces.go).
type stampedViews struct {
	fs.FS
	mark, place string
}

// live is the beginning of a tag that needs the mark, up to its name, and what follows.
var (
	live   = regexp.MustCompile(`(<[a-z][a-z0-9-]*)((?:\s[^<>]*)?\shx-)`)
	script = regexp.MustCompile(`<script\b`)
)

func newStampedViews(views fs.FS) stampedViews { return stampedViews{views, rand.Text(), rand.Text()} }

// Open opens a template with its marks, and anything else as it is.
func (s stampedViews) Open(name string) (fs.File, error) {
	file, err := s.FS.Open(name)
	if err != nil || path.Ext(name) != ".html" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	text = live.ReplaceAll(text, []byte(`$1 hx-nonce="`+s.mark+`"$2`))
	text = script.ReplaceAll(text, []byte(`<script nonce="`+s.mark+`"`))
	return stampedView{file, bytes.NewReader(text)}, nil
}

type stampedView struct {
	fs.File
	text io.Reader
}

func (v stampedView) Read(p []byte) (int, error) { return v.text.Read(p) }
