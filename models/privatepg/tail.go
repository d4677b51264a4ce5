package privatepg

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// tail forwards all output and keeps the last part, which explains in an error why a program failed.
type tail struct {
	mu   sync.Mutex
	to   io.Writer
	last []byte
}

const tailSize = 4096

func newTail(to io.Writer) *tail {
	if to == nil {
		to = io.Discard
	}
	return &tail{to: to}
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if extra := len(t.last) - tailSize; extra > 0 {
		t.last = bytes.Clone(t.last[extra:])
	}
	return t.to.Write(p)
}

// reason returns the last line that names an error, or else the last line.
func (t *tail) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.last)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.ToLower(lines[i])
		if strings.Contains(line, "fatal:") || strings.Contains(line, "error:") {
			return strings.TrimSpace(lines[i])
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
