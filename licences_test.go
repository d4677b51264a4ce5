package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const licencesFile = "static/vendor/LICENCES"

var writeLicences = flag.Bool("write-licences", false, "write "+licencesFile+" anew")

// allowed lists the licences that the program's dependencies may have, each with a phrase of its text. All of them
// allow use and distribution, as long as the authors stay named.
var allowed = []struct {
	name   string
	phrase *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`Apache License,? Version 2\.0`)},
	{"MIT", regexp.MustCompile(`Permission is hereby granted, free of charge, to any person obtaining a copy`)},
	{"BSD-3-Clause", regexp.MustCompile(`Redistribution and use in source and binary forms.*used to endorse or promote products`)},
	{"BSD-2-Clause", regexp.MustCompile(`Redistribution and use in source and binary forms`)},
	{"0BSD", regexp.MustCompile(`Permission to use, copy, modify, and/or distribute this software for any purpose`)},
}

// refused matches phrases of licences with further conditions.
var refused = regexp.MustCompile(`(?i)GNU (Affero |Lesser )?General Public|Mozilla Public License|Server Side Public|Business Source|Commons Clause|non-?commercial`)

// module is a module in the go command's output.
type module struct{ Path, Version, Dir string }

// requiredModules returns all modules in go.mod, from the module cache.
func requiredModules(t *testing.T) []module {
	t.Helper()
	var mod struct{ Require []module }
	if err := json.Unmarshal(goOutput(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"mod", "download", "-json"}
	for _, m := range mod.Require {
		arguments = append(arguments, m.Path+"@"+m.Version)
	}
	var modules []module
	for decoder := json.NewDecoder(bytes.NewReader(goOutput(t, arguments...))); ; {
		var m module
		switch err := decoder.Decode(&m); {
		case errors.Is(err, io.EOF):
			return modules
		case err != nil:
			t.Fatal(err)
		}
		modules = append(modules, m)
	}
}

func goOutput(t *testing.T, arguments ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", arguments...).Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(arguments[:2], " "), err)
	}
	return out
}

// licenceIn returns the name of the licence in dir.
func licenceIn(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Errorf("%s holds no licence", dir)
		return "none"
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(string(text)), " ")
	if found := refused.FindString(words); found != "" {
		t.Errorf("%s: %q", files[0], found)
	}
	for _, licence := range allowed {
		if licence.phrase.MatchString(words) {
			return licence.name
		}
	}
	t.Errorf("%s is none of the licences that are allowed", files[0])
	return "unknown"
}

func TestLicencesAreListedAndAllowed(t *testing.T) {
	var list strings.Builder
	list.WriteString("Whose work is in the program or builds and tests it, and under which licence. Made by make licences.\n\n")
	line := func(name, version, licence string) { fmt.Fprintf(&list, "%-46s %-40s %s\n", name, version, licence) }
	line("htmx.org", "see VERSIONS", licenceIn(t, "static/vendor", "htmx.LICENSE"))
	for _, m := range requiredModules(t) {
		line(m.Path, m.Version, licenceIn(t, m.Dir, "[LC][IO][CP]*")) // LICENSE, LICENCE or COPYING
	}
	if *writeLicences {
		if err := os.WriteFile(licencesFile, []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := os.ReadFile(licencesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(listed) != list.String() {
		t.Errorf("%s is not what go.mod says: run make licences", licencesFile)
	}
}
