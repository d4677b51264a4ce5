// Package sim is a simulated Perfect Panel: an http.Handler that keeps the facts of the Admin API v2 (all 22 endpoints) and of the
// User API v2 over a small world of its own. Tests use it instead of a shop on the internet, and the demo shows it to a visitor, so
// the world has to be both exact (balances add up, final orders stay final, an error has the real envelope) and believable
// (services of many networks, customers of several countries, tickets in their languages, a few hostile messages).
//
// A panel is deterministic: the same Options and the same calls in the same order give the same world. Its clock stands still
// until Advance turns it by hand or Run lets it follow the wall clock; everything that happens by itself hangs on that clock.
// Where public facts are missing or contradict one another, Variants switches between the readings, and Fail makes the panel
// misbehave on request. Only the rate limiter, the call log and Run look at real time.
package sim

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options describes one panel. The zero value works: a small shop without orders whose keys open nothing.
type Options struct {
	Seed        uint64           // Seed decides everything that looks random, together with Name.
	Name        string           // Name tells panels of one seed apart, and appears in staff signatures.
	AdminKey    string           // AdminKey is the Admin API key; empty refuses every call.
	ServicesKey string           // ServicesKey is the User API key of the panel's largest reseller; empty refuses every call.
	Orders      int              // Orders is how many orders the history holds; users, payments and tickets follow in proportion.
	Start       time.Time        // Start is the simulated present; zero means the wall clock's now.
	Zone        *time.Location   // Zone is the panel's configured time zone, never UTC by default.
	Currency    string           // Currency is an ISO code; empty lets the seed choose.
	RateLimit   int              // RateLimit is Admin API calls per second; 0 means 5, negative means none.
	Rates       Rates            // Rates is how fast the world lives.
	Variants    Variants         // Variants chooses among readings of the API where the facts conflict.
	WallClock   func() time.Time // WallClock feeds the rate limiter and the call log; nil means time.Now.
}

// Panel is one simulated shop. Its methods may be called from several goroutines at once.
type Panel struct {
	adminRoutes map[string]endpoint
	userActions map[string]userAction
	wall        func() time.Time
	limiter     *limiter
	faults      *faults
	log         *callLog
	late        lateWrites

	mu          sync.RWMutex
	world       *world
	variants    Variants
	adminKey    string
	servicesKey string
}

// New builds a panel with its history. It takes about a second for 100,000 orders.
func New(o Options) *Panel {
	if o.WallClock == nil {
		o.WallClock = time.Now
	}
	if o.Start.IsZero() {
		o.Start = o.WallClock()
	}
	p := &Panel{
		adminRoutes: adminRoutes(),
		userActions: userActions(),
		wall:        o.WallClock,
		limiter:     newLimiter(o.RateLimit),
		faults:      newFaults(rand.New(rand.NewPCG(o.Seed, 0xfa17))), // #nosec G404 -- faults that are the same each time
		log:         &callLog{},
		world:       newWorld(o),
		variants:    o.Variants,
		adminKey:    o.AdminKey,
		servicesKey: o.ServicesKey,
	}
	p.world.writeHistory(o.Orders)
	p.world.startLife()
	return p
}

// ServeHTTP answers one call to /adminapi/v2/… or /api/v2. Faults come first, as a proxy in front of the panel would, then the
// rate limit, then the key, then the route. The call is logged before its answer is sent.
func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Land()
	fault := p.faults.take(r.Method, r.URL.Path)
	if fault == nil {
		p.send(w, r, p.answer(r))
		return
	}
	p.misbehave(w, r, *fault)
}

// send logs the call and writes the answer.
func (p *Panel) send(w http.ResponseWriter, r *http.Request, a answer) {
	p.record(r, a.status)
	a.write(w)
}

func (p *Panel) record(r *http.Request, status int) {
	p.log.add(Call{At: p.wall(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Status: status})
}

// SetKey replaces the Admin API key, as an owner who turns it in the panel's settings does.
func (p *Panel) SetKey(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.adminKey = key
}

// SetServicesKey replaces the User API key.
func (p *Panel) SetServicesKey(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servicesKey = key
}

// SetVariants changes the readings of the API from the next call on.
func (p *Panel) SetVariants(v Variants) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.variants = v
}

// look runs f while nobody may change the world.
func (p *Panel) look(f func(*world)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f(p.world)
}

// touch runs f alone with the world.
func (p *Panel) touch(f func(*world)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.world)
}
