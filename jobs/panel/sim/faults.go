package sim

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way in which a panel, or what stands in front of it, misbehaves.
type FaultKind int

// The faults. Those up to DropConnection never reach the panel: nothing is applied, nothing counts against the rate limit.
const (
	CloudflareHTML403 FaultKind = iota // a challenge page, 403
	CloudflareHTML503                  // a challenge page, 503
	HTML502                            // the origin's error page
	JSON500                            // an envelope with an error, 500
	Unauthorized                       // the key was revoked: 401
	Garbage                            // 200 with bytes that are no JSON
	EmptyBody                          // 200 without a body
	NotAnObject                        // 200 with a JSON array, string, number, true and null in turn
	TooManyRequests                    // 429, with Retry-After if Fault.RetryAfter is set
	GzipBomb                           // 200, a small gzip body that grows to Fault.Size bytes
	HugeBody                           // 200, a valid beginning that goes on for Fault.Size bytes
	Redirect                           // 302 to Fault.Location
	Hang                               // no answer until the caller gives up
	DropConnection                     // the connection ends before any answer

	// The panel hears these: a write is applied.

	ApplyThenDrop // the connection ends without an answer
	ApplyThenHang // no answer until the caller gives up
	TruncatedJSON // the answer stops half-way, with a Content-Length that fits
	CutOff        // the answer stops half-way, short of its Content-Length
	SlowBody      // the answer comes byte by byte, one each Fault.Delay
	PoisonRecord  // one record of a list has wrong types, another U+0000 in its texts
	HalfBad       // every second record of a list has no id that can be read
	EndlessList   // a list is full at every offset, with invented records

	// The panel says yes to a write.

	EmptySuccess         // in words that name nothing: an empty list, an empty object and [] in turn; nothing is applied
	ApplyThenEmpty       // the same, and the write is applied
	ForeignSuccess       // about another payment, ticket, user or order; nothing is applied
	ApplyThenForeign     // the same, and the write is applied
	SuccessWithoutEffect // in the right words; nothing is applied

	LandLate // the connection ends without an answer, and the write is applied Fault.Delay later
)

// Fault says what goes wrong, for which calls and how often.
type Fault struct {
	Kind   FaultKind
	Method string  // "" matches all
	Path   string  // prefix of the path, as "/adminapi/v2/orders"; "" matches all
	Count  int     // how many matching calls it spoils; 0 means all until Heal
	Chance float64 // probability for each matching call; 0 means always

	RetryAfter time.Duration // of TooManyRequests, in whole seconds
	Delay      time.Duration // of SlowBody and LandLate; default 1 s
	Size       int64         // of GzipBomb and HugeBody; default 256 MiB
	Location   string        // of Redirect
}

// faults are the active ones; the first that matches a call is taken.
type faults struct {
	mu    sync.Mutex
	rng   *rand.Rand
	list  []*Fault
	taken int
}

func newFaults(rng *rand.Rand) *faults { return &faults{rng: rng} }

// Fail makes the panel misbehave from the next call on. Several faults may be active; an earlier one is asked first.
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

// Heal ends all faults. Calls that hang stay as they are.
func (p *Panel) Heal() {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	p.faults.list = nil
}

// Faulted is how many calls were spoiled since New.
func (p *Panel) Faulted() int {
	p.faults.mu.Lock()
	defer p.faults.mu.Unlock()
	return p.faults.taken
}

// take is a copy of the fault that spoils this call, or nil.
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
