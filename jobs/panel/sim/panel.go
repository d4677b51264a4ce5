// Package sim is a simulated Perfect Panel: an http.Handler that serves the Admin API v2 (all 22 endpoints) and the
// User API v2 over a small simulated world. Tests use it instead of a real shop, and the demo shows it to visitors.
// So the world is exact (balances add up, final orders stay final, an error has the real envelope) and believable
// (services for many networks, customers from several countries, tickets in their languages, a few hostile messages).
//
// A panel is deterministic: the same Options and the same calls in the same order give the same world. Its clock
// stands still until Advance moves it or Run follows the wall clock, and all automatic events depend on that clock.
// Where public facts are missing or contradict each other, Variants selects a reading. Fail adds faults. Only the
// rate limiter, the call log, late writes and Run use real time.
package sim

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options describes one panel. The zero value is valid: a small shop without orders that accepts no key.
type Options struct {
	Seed        uint64           // Seed, together with Name, decides all random choices.
	Name        string           // Name distinguishes panels with the same seed.
	AdminKey    string           // AdminKey is the Admin API key; empty refuses every call.
	ServicesKey string           // ServicesKey is the User API key of the panel's largest reseller; empty refuses every call.
	Orders      int              // Orders is the number of orders in the history; users, payments and tickets follow in proportion.
	Start       time.Time        // Start is the simulated time at the start; zero means the wall clock's time.
	Zone        *time.Location   // Zone is the panel's time zone; nil takes the profile's, which is never UTC.
	Currency    string           // Currency is an ISO code; empty takes the profile's.
	RateLimit   int              // RateLimit is the limit of Admin API calls per second; 0 means 5, negative means no limit.
	Rates       Rates            // Rates sets the speed of the world.
	Variants    Variants         // Variants selects readings of the API where the facts conflict.
	WallClock   func() time.Time // WallClock feeds the rate limiter, the call log and late writes; nil means time.Now.
}

// Panel is one simulated shop. It is safe for concurrent use.
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

// New builds a panel with its history. It takes about one second for 100,000 orders.
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

// ServeHTTP answers one call to /adminapi/v2/… or /api/v2. It applies faults first, as a proxy in front of the panel
// would, then checks the rate limit, the key and the route. It logs the call before it sends the answer.
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

// SetKey replaces the Admin API key, as an owner who changes it in the panel's settings would.
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

// SetVariants changes the readings of the API, starting with the next call.
func (p *Panel) SetVariants(v Variants) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.variants = v
}

// look runs f with a read lock on the world.
func (p *Panel) look(f func(*world)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	f(p.world)
}

// touch runs f with a write lock on the world.
func (p *Panel) touch(f func(*world)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.world)
}
