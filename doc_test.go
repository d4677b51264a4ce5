package main

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestThePackageDocsNameEveryPrefixAndOnlyFilesThatExist keeps the three doc.go files true when files are added or
// renamed.
func TestThePackageDocsNameEveryPrefixAndOnlyFilesThatExist(t *testing.T) {
	t.Parallel()
	named, line := regexp.MustCompile(`[a-z_/-]+\.(go|html)\b`), regexp.MustCompile(`(?m)^//   - ([a-z, ]+):`)
	for _, folder := range []string{"models", "handlers", "jobs"} {
		text, err := os.ReadFile(path.Join(folder, "doc.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range named.FindAllString(string(text), -1) {
			if !strings.Contains(file, "/") {
				file = path.Join(folder, file)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s/doc.go: %v", folder, err)
			}
		}
		documented := map[string]bool{"doc": true}
		for _, prefixes := range line.FindAllStringSubmatch(string(text), -1) {
			for prefix := range strings.SplitSeq(prefixes[1], ", ") {
				documented[prefix] = true
			}
		}
		for _, file := range programFiles(t) {
			prefix, _, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".go"), "_")
			if path.Dir(file) == folder && !documented[prefix] {
				t.Errorf("%s: doc.go does not say what the prefix %q is for", file, prefix)
			}
		}
	}
}
