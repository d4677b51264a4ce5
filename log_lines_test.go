package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestEachLogLineNamesItsPartFirst lets an operator search the log by part: "limiter: slot not released".
func TestEachLogLineNamesItsPartFirst(t *testing.T) {
	t.Parallel()
	form, lines := regexp.MustCompile(`^[a-z]+: [a-z]`), 0
	for _, file := range programFiles(t) {
		at := token.NewFileSet()
		tree, err := parser.ParseFile(at, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			text, is := logText(n)
			if is {
				lines++
			}
			if is && !form.MatchString(text) {
				t.Errorf("%s: %q: want \"part: what failed or happened\"", at.Position(n.Pos()), text)
			}
			return true
		})
	}
	if lines < 40 {
		t.Errorf("found only %d log lines", lines)
	}
}

// programFiles returns the Go files of the program, without tests.
func programFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && file != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// logText returns the text of a call such as a.Log.Warn("text", …). It returns false for any other node.
func logText(n ast.Node) (string, bool) {
	call, _ := n.(*ast.CallExpr)
	if call == nil || len(call.Args) == 0 {
		return "", false
	}
	method, _ := call.Fun.(*ast.SelectorExpr)
	literal, _ := call.Args[0].(*ast.BasicLit)
	if method == nil || literal == nil {
		return "", false
	}
	logger, _ := method.X.(*ast.SelectorExpr)
	if logger == nil || !strings.EqualFold(logger.Sel.Name, "log") {
		return "", false
	}
	switch method.Sel.Name {
	case "Debug", "Info", "Warn", "Error":
		text, err := strconv.Unquote(literal.Value)
		return text, err == nil
	}
	return "", false
}
