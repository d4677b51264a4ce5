// Package views holds the html/template files of every page and fragment, one
// folder per noun. A template's name is its path without the extension, or the
// name in its define. In the second case that name, with a dash for the slash,
// is also the DOM ID of the template's root. Templates hold no logic beyond if,
// range and with: they show fields and methods of the struct that their handler
// fills.
package views

import "embed"

// Files holds the templates. The path of a file is the name of its template.
//
//go:embed */*.html
var Files embed.FS
