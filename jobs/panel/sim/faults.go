package sim

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// FaultKind is a kind of fault, of the panel or of a proxy in front of it.
type FaultKind int

// The faults. A call with one of the faults up to DropConnection does not reach the panel: it is not applied and does
// not count against the rate limit.
const (
	CloudflareHTML403 FaultKind = iota // a challenge page, 403
	CloudflareHTML503                  // a challenge page, 503
	HTML502                            // the origin's error page
	JSON500                            // an envelope with an error, 500
	Unauthorized                       // the key was revoked: 401
	Garbage                            // 200 with bytes that are not JSON
	EmptyBody                          // 200 without a body
	NotAnObject                        // 200 with a JSON array, string, number, true and null in turn
	TooManyRequests                    // 429, with Retry-After if Fault.RetryAfter is set
	GzipBomb                           // 200, a small gzip body that grows to Fault.Size bytes
	HugeBody                           // 200, a valid beginning that continues for Fault.Size bytes
	Redirect                           // 302 to Fault.Location
	Hang                               // no answer until the caller closes the connection
	DropConnection                     // the connection ends before any answer

	// With these the call reaches the panel: a write is applied.

	ApplyThenDrop // the connection ends without an answer
	ApplyThenHang // no answer until the caller closes the connection
	TruncatedJSON // the answer stops halfway, with a matching Content-Length
	CutOff        // the answer stops halfway, before its Content-Length
	SlowBody      // the answer arrives byte by byte, one per Fault.Delay
	PoisonRecord  // one record of a list has wrong types, another has U+0000 in its texts
	HalfBad       // every second record of a list has an unreadable id
	EndlessList   // a list is full at every offset, with invented records

	// With these the panel answers a write with success.

	EmptySuccess         // names no object: an empty list, an empty object and [] in turn; the write is not applied
	ApplyThenEmpty       // the same answer, and the write is applied
	ForeignSuccess       // names another payment, ticket, user or order; the write is not applied
	ApplyThenForeign     // the same answer, and the write is applied
	SuccessWithoutEffect // the right answer; the write is not applied

	LandLate // the connection ends without an answer, and the write is applied Fault.Delay later
)

// Fault describes a fault, the calls that it affects, and how often.
type Fault struct {
	Kind   FaultKind
	Method string  // "" matches all
	Path   string  // prefix of the path, such as "/adminapi/v2/orders"; "" matches all
	Count  int     // how many matching calls it affects; 0 means all until Heal
	Chance float64 // probability for each matching call; 0 means always

	RetryAfter time.Duration // for TooManyRequests, in whole seconds
	Delay      time.Duration // for SlowBody and LandLate; default 1 s
	Size       int64         // for GzipBomb and HugeBody; default 256 MiB
	Location   string        // for Redirect
}

// faults holds the active faults. The first one that matches a call applies.
type faults struct {
	mu    sync.Mutex
	rng   *rand.Rand
	list  []*Fault
	taken int
}

func newFaults(rng *rand.Rand) *faults { return &faults{rng: rng} }

// Fail adds a fault that applies from the next call. Several faults may be active; the oldest match applies.
func (p *Panel) Fail(f Fault) {
	if f.Delay == 0 {
		f.Delay = time.Second
	}
	if f.Size == 0 {
		f.Size = 256 << 20
	}
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.list = append(p.faults.list, &f)
}

// Heal removes all faults. Calls that already hang keep hanging.
func (p *Panel) Heal() {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.list = nil
}

// Faulted returns how many calls had a fault since New.
func (p *Panel) Faulted() int {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	return p.faults.taken
}

// take returns a copy of the fault for this call, or nil.
func (l *faults) take(method, path string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.list {
		if f.Method != "" && f.Method != method || !strings.HasPrefix(path, f.Path) {
			continue
		}
		if f.Chance > 0 && l.rng.Float64() >= f.Chance {
			continue
		}
		l.taken++
		taken := *f
		if f.Count == 1 {
			l.list = append(l.list[:i], l.list[i+1:]...)
		}
		f.Count = max(f.Count-1, 0)
		return &taken
	}
	return nil
}
