package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport lists the allowed imports of each package: our own packages, and the libraries that only some packages
// may use. It keeps the three sentences of the README's design page true.
var mayImport = map[string]struct{ ours, homed []string }{
	".":                 {ours: []string{"*"}, homed: []string{"prometheus"}},
	"handlers":          {ours: []string{"models", "models/pasted", "models/visible", "jobs", "views", "static"}, homed: []string{"fiber"}},
	"views":             {},
	"static":            {},
	"jobs":              {ours: []string{"models", "models/seal", "jobs/panel"}, homed: []string{"asynq", "go-redis"}},
	"jobs/panel":        {},
	"jobs/panel/sim":    {ours: []string{"jobs/panel"}},
	"jobs/embedredis":   {homed: []string{"miniredis"}},
	"models":            {ours: []string{"models/linkkey", "models/pasted", "models/visible", "models/seal", "models/migrations"}, homed: []string{"bun", "pgx"}},
	"models/linkkey":    {},
	"models/pasted":     {},
	"models/visible":    {},
	"models/migrations": {},
	"models/seal":       {},
	"models/privatepg":  {homed: []string{"pgx"}},
	"models/modelstest": {ours: []string{"models", "models/seal", "models/privatepg"}, homed: []string{"pgx"}},
}

// homes lists the libraries that only the packages above with their name may import.
var homes = map[string]string{
	"github.com/gofiber/": "fiber", "github.com/valyala/": "fiber", "github.com/hibiken/asynq": "asynq",
	"github.com/redis/go-redis/": "go-redis", "github.com/uptrace/bun": "bun", "github.com/jackc/pgx/": "pgx",
	"github.com/alicebob/miniredis/": "miniredis", "github.com/prometheus/": "prometheus",
}

func TestImports(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != "." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		checkImports(t, filepath.ToSlash(file))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, file string) {
	t.Helper()
	rule, known := mayImport[path.Dir(file)]
	if !known {
		t.Errorf("%s: the package has no rule in mayImport", file)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ours, is := strings.CutPrefix(name, "masterpanel/"); is && !slices.Contains(rule.ours, ours) && !slices.Contains(rule.ours, "*") {
			t.Errorf("%s imports %s", file, ours)
		}
		for prefix, library := range homes {
			if strings.HasPrefix(name, prefix) && !slices.Contains(rule.homed, library) {
				t.Errorf("%s imports %s, whose home is elsewhere", file, name)
			}
		}
	}
}
