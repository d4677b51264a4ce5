package handlers

import (
	"bytes"
	"crypto/rand"
	"io"
	"io/fs"
	"path"
	"regexp"
)

// stampedViews serves our templates with a placeholder on every element with hx-* attributes, and on our script. render
// replaces the placeholder with the response's nonce. In the browser, hx-csp removes hx-* attributes from every element
// without this nonce, so markup that an attacker injects has no effect. The placeholder never leaves the server, so
// nobody can write it into a name or a message.
//
// place is the prefix of the second kind of placeholder, which stands for parts that were rendered before the page
// (pieces.go).
type stampedViews struct {
	fs.FS
	mark, place string
}

// live matches the beginning of a tag that needs the nonce: the tag name, then the rest up to the hx-* attribute.
var (
	live   = regexp.MustCompile(`(<[a-z][a-z0-9-]*)((?:\s[^<>]*)?\shx-)`)
	script = regexp.MustCompile(`<script\b`)
)

func newStampedViews(views fs.FS) stampedViews { return stampedViews{views, rand.Text(), rand.Text()} }

// Open opens a template with its placeholders, and any other file unchanged.
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
