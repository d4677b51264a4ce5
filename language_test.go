package main

import (
	"go/ast"
	"go/parser"
	"go/token"
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

// TestTextsInGoArePlainEnglish checks the same for errors, logs and page texts in Go.
func TestTextsInGoArePlainEnglish(t *testing.T) {
	t.Parallel()
	texts := 0
	for _, file := range programFiles(t) {
		at := token.NewFileSet()
		tree, err := parser.ParseFile(at, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			text, is := n.(*ast.BasicLit)
			if !is || text.Kind != token.STRING {
				return true
			}
			texts++
			if found := headless.FindString(text.Value); found != "" {
				t.Errorf("%s: %q: name the actor", at.Position(text.Pos()), found)
			}
			return true
		})
	}
	if texts < 5000 {
		t.Errorf("found only %d texts", texts)
	}
}
