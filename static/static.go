// Package static holds the files that the browser loads besides pages: one style
// sheet, one script and the icon. There is no build step. When the program
// starts, it joins the files in the order below, names them by the hash of their
// content and compresses them once, so browsers may cache them forever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

//go:embed css js vendor favicon.svg
var files embed.FS

// layers is the first line of the style sheet. Each CSS file opens exactly one of these layers.
const layers = "@layer reset, base, layout, components, pages, utilities;\n"

var styles = []string{
	"css/reset.css", "css/tokens.css", "css/base.css", "css/shell.css",
	"css/controls.css", "css/marks.css", "css/list.css", "css/columns.css", "css/selection.css", "css/detail.css",
	"css/orders.css", "css/tickets.css", "css/conversation.css", "css/desk.css", "css/many.css", "css/others.css", "css/services.css", "css/pages.css", "css/sync.css", "css/activity.css", "css/palette.css", "css/staff.css",
	"css/payments.css", "css/account.css",
	"css/outbox.css", "css/workbench.css",
	"css/utilities.css",
}

var scripts = []string{
	"vendor/htmx.min.js", "vendor/hx-csp.min.js", "vendor/hx-ptag.min.js", "js/times.js", "js/staff.js",
	"js/typing.js", "js/calm.js", "js/refresh.js", "js/pickers.js", "js/side.js", "js/palette.js", "js/keys.js", "js/selection.js", "js/copy.js", "js/compose.js", "js/signs.js", "js/drafts.js",
	"js/alerts.js", "js/toasts.js", "js/waiting.js", "js/focus.js",
}

// Asset is one file as the browser receives it.
type Asset struct {
	Name string // its hashed name, such as app.0123456789ab.css
	Type string // its Content-Type
	Body []byte
	Gzip []byte // Body in gzip compression
}

// Assets holds all files that the program serves. They do not change while it runs.
type Assets struct {
	CSS, JS, Icon string // the paths to link to, such as /static/app.0123456789ab.css
	byName        map[string]Asset
}

// Load joins, hashes and compresses the embedded files.
func Load() (*Assets, error) {
	assets := &Assets{byName: map[string]Asset{}}
	for _, part := range []struct {
		link       *string
		name, kind string
		first      string
		files      []string
	}{
		{&assets.CSS, "app.css", "text/css; charset=utf-8", layers, styles},
		{&assets.JS, "app.js", "text/javascript; charset=utf-8", "", scripts},
		{&assets.Icon, "favicon.svg", "image/svg+xml", "", []string{"favicon.svg"}},
	} {
		body, err := join(part.first, part.files)
		if err != nil {
			return nil, err
		}
		asset, err := newAsset(part.name, part.kind, body)
		if err != nil {
			return nil, err
		}
		assets.byName[asset.Name] = asset
		*part.link = "/static/" + asset.Name
	}
	return assets, nil
}

// Get returns the asset with a hashed name and reports whether it exists.
func (a *Assets) Get(name string) (Asset, bool) {
	asset, ok := a.byName[name]
	return asset, ok
}

func join(first string, names []string) ([]byte, error) {
	var all bytes.Buffer
	all.WriteString(first)
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("static: read %s: %w", name, err)
		}
		all.Write(text)
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

func newAsset(name, kind string, body []byte) (Asset, error) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	asset := Asset{
		Name: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		Type: kind,
		Body: body,
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return Asset{}, fmt.Errorf("static: compress %s: %w", name, err)
	}
	if _, err := w.Write(body); err != nil {
		return Asset{}, fmt.Errorf("static: compress %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return Asset{}, fmt.Errorf("static: compress %s: %w", name, err)
	}
	asset.Gzip = packed.Bytes()
	return asset, nil
}
