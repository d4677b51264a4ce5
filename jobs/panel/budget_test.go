package panel_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"masterpanel/jobs/panel"
)

func gzipped(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, `{"data":{"count":1,"list":[{"id":77,"link":"`+strings.Repeat("a", size))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnAnswerThatIsTooLargeSaysSoAndNamesItsFirstRecord(t *testing.T) {
	bomb := gzipped(t, 64<<20)
	c := client(t, "http://127.0.0.1:1", func(cfg *panel.Config) {
		cfg.Budget = panel.NewBudget()
		cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
			body, err := gzip.NewReader(bytes.NewReader(bomb))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1}, err
		})
	})
	for range 40 { // more than there are slots, so each one must be released
		_, err := c.Orders(t.Context(), panel.OrderQuery{Limit: 1000})
		var e *panel.Error
		if !errors.As(err, &e) || !e.TooBig || e.FirstID == nil || *e.FirstID != 77 {
			t.Fatalf("got %v, want an answer that is too large, of record 77", err)
		}
	}
}

func TestLargeAnswersThatWaitHoldUpNoSmallOne(t *testing.T) {
	budget := panel.NewBudget()
	stalled, reading := make(chan struct{}), make(chan struct{}, 40)
	var large sync.WaitGroup
	c := client(t, "http://127.0.0.1:1", func(cfg *panel.Config) {
		cfg.Budget = budget
		cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			body := io.Reader(strings.NewReader(ok(`{"count":0,"list":[]}`)))
			if r.URL.Query().Get("limit") == "1000" {
				body = io.MultiReader(strings.NewReader(strings.Repeat(" ", 400<<10)), stall{reading, stalled}, body)
			}
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1}, nil
		})
	})
	const places = 12
	for range places {
		large.Go(func() {
			if _, err := c.Orders(t.Context(), panel.OrderQuery{Limit: 1000}); err != nil {
				t.Error(err)
			}
		})
	}
	for range places {
		<-reading
	}
	if _, err := c.Orders(t.Context(), panel.OrderQuery{Limit: 100}); err != nil {
		t.Errorf("a small answer beside large ones: %v", err)
	}
	_, err := c.Orders(t.Context(), panel.OrderQuery{Limit: 1000})
	var e *panel.Error
	if !errors.As(err, &e) || !e.TooBig {
		t.Errorf("one more large answer: got %v, want to be asked for fewer records", err)
	}
	close(stalled)
	large.Wait()
}

// stall is the part of an answer that arrives only once until is closed.
type stall struct {
	reading chan<- struct{}
	until   <-chan struct{}
}

func (s stall) Read([]byte) (int, error) {
	s.reading <- struct{}{}
	<-s.until
	return 0, io.EOF
}
