package main

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// headless matches clauses without a clear actor, which readers have to read twice. STYLE.md, Language, gives the
// rule.
var headless = regexp.MustCompile(`(?i)whoever|whatever|whom\b|who may|by itself|\banew\b|at once|that is over|` +
	`those (that|who|of)\b|what (is|was|of|came|it|a|stands)\b`)

// TestPagesAndDocsArePlainEnglish checks the minimum of the language rule. STYLE.md quotes bad texts, so its table
// and its list of forbidden words are exempt.
func TestPagesAndDocsArePlainEnglish(t *testing.T) {
	root := os.DirFS(".")
	for _, pattern := range []string{"views/*/*.html", "*.md"} {
		files, err := fs.Glob(root, pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(root, file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(text), "\n") {
				if file == "STYLE.md" && (strings.HasPrefix(line, "|") || strings.HasPrefix(line, "- Do not begin a clause")) {
					continue
				}
				if found := headless.FindString(line); found != "" {
					t.Errorf("%s:%d: %q: name the actor", file, i+1, found)
				}
			}
		}
	}
}
