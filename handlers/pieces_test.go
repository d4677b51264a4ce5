package handlers

import (
	"regexp"
	"testing"
)

var (
	noncesIn = regexp.MustCompile(`nonce="([^"]*)"`)
	nonceOf  = regexp.MustCompile(`'nonce-([^']*)'`)
)

func TestWhatWasWrittenBeforeBearsTheNonceOfItsAnswer(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	fill(t, s.db, panel.ID)
	seen := map[string]bool{}
	for range 2 { // the second response uses the cache that the first one filled
		for _, path := range []string{"/orders", "/services"} {
			got := s.get(path, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "section#"+path[1:]+"-list")
			got.expect(t, 200, `data-id="1"`)
			nonce := nonceOf.FindStringSubmatch(got.Header.Get("Content-Security-Policy"))[1]
			if seen[nonce] {
				t.Errorf("%s: the nonce was used before", path)
			}
			seen[nonce] = true
			found := noncesIn.FindAllStringSubmatch(got.Body, -1)
			if len(found) < 5 {
				t.Errorf("%s: only %d elements have a nonce", path, len(found))
			}
			for _, m := range found {
				if m[1] != nonce {
					t.Errorf("%s: an element has %q, want the answer's %q", path, m[1], nonce)
				}
			}
		}
	}
}
