//go:build gosec

package main_test

import (
	"io"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/securego/gosec/v2"
	"github.com/securego/gosec/v2/analyzers"
	"github.com/securego/gosec/v2/issue"
	"github.com/securego/gosec/v2/rules"
)

// TestGosec checks the program against the rules of gosec. An exception is a comment beside the code, with its
// reason: #nosec G404 -- why.
//
// gosec runs as a library because its command includes the clients of three AI services, which take minutes to
// compile. The test leaves findings of low severity, which are unchecked errors, to vet and staticcheck.
func TestGosec(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	packages, err := gosec.PackagePaths(filepath.Join(root, "..."), gosec.ExcludedDirsRegExp(nil))
	if err != nil {
		t.Fatal(err)
	}
	gosecs := gosec.NewAnalyzer(gosec.NewConfig(), false, true, false, 2, log.New(io.Discard, "", 0))
	gosecs.LoadRules(rules.Generate(false).RulesInfo())
	gosecs.LoadAnalyzers(analyzers.Generate(false).AnalyzersInfo())
	if err := gosecs.Process(nil, packages...); err != nil {
		t.Fatal(err)
	}
	found, metrics, broken := gosecs.Report()
	for _, one := range found {
		if one.Severity == issue.Low {
			continue
		}
		file, err := filepath.Rel(root, one.File)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s:%s: %s: %s", file, one.Line, one.RuleID, one.What)
	}
	for file, errs := range broken {
		t.Errorf("%s: %v", file, errs)
	}
	if metrics.NumFiles < 100 {
		t.Errorf("only %d files were looked at", metrics.NumFiles)
	}
	t.Logf("%d files, %d lines, %d exceptions", metrics.NumFiles, metrics.NumLines, metrics.NumNosec)
}
