package sim

import (
	"embed"
	"strings"
	"sync"
)

//go:embed corpus/*.txt
var corpusFiles embed.FS

// corpus holds the texts of the simulated world by section: "tr refill", "en staff", "tr first", "message",
// "ig_post".
type corpus map[string][]string

// texts reads the corpus once per process. Callers must not change it.
var texts = sync.OnceValue(func() corpus {
	c := corpus{}
	for _, name := range []string{"tickets", "hostile", "links"} {
		c.read(corpusFile(name), func(line string) []string { return []string{line} })
	}
	c.read(corpusFile("people"), strings.Fields)
	return c
})

func corpusFile(name string) string {
	raw, err := corpusFiles.ReadFile("corpus/" + name + ".txt")
	if err != nil {
		panic("sim: embedded file is missing: " + err.Error())
	}
	return string(raw)
}

// read parses "[section]" headings and lines of texts. A line that starts with # is a comment.
func (c corpus) read(file string, split func(line string) []string) {
	section := ""
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
		default:
			c[section] = append(c[section], split(line)...)
		}
	}
}

// in returns the texts of a kind in a language. It falls back to the general kind ("staff" for "staff speed"), then
// to English.
func (c corpus) in(language, kind string) []string {
	general, _, _ := strings.Cut(kind, " ")
	for _, section := range []string{language + " " + kind, language + " " + general, "en " + kind, "en " + general} {
		if list := c[section]; len(list) > 0 {
			return list
		}
	}
	return nil
}
