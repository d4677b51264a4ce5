package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// world is everything a panel knows. It has no lock: Panel lets in readers together or one writer alone.
type world struct {
	profile  profile
	zone     *time.Location
	currency string
	rates    Rates
	rng      *rand.Rand

	now   int64 // milliseconds since 1970
	skew  int64 // seconds that the panel's own clock is off
	queue eventQueue

	orders   shelf[*Order]
	users    shelf[*User]
	payments shelf[*Payment]
	tickets  shelf[*Ticket]
	services shelf[*Service]
	cancels  taskList
	refills  taskList
	next     counters

	usersByName map[string]*User
	crowd       []*User             // the same users, the busiest first
	latest      map[string][]string // the latest links and payment references by kind, some of which come again
	attacks     map[string]int      // hostile texts so far by kind; "" is where this panel began
}

func newWorld(o Options) *world {
	name := fnv.New64a()
	name.Write([]byte(o.Name))
	w := &world{
		rng:         rand.New(rand.NewPCG(o.Seed, name.Sum64())), // #nosec G404 -- a world that is the same each time
		rates:       o.Rates.orDefaults(),
		now:         o.Start.UnixMilli(),
		orders:      newShelf[*Order](),
		users:       newShelf[*User](),
		payments:    newShelf[*Payment](),
		tickets:     newShelf[*Ticket](),
		services:    newShelf[*Service](),
		usersByName: map[string]*User{},
		latest:      map[string][]string{},
	}
	w.attacks = map[string]int{"": w.rng.IntN(100)}
	w.profile = newProfile(o, w)
	w.zone, w.currency = w.profile.zone, w.profile.currency
	base := w.profile.others
	w.next = counters{
		orders: w.profile.orders, users: base, payments: base * 3, tickets: base * 2, tasks: base * 4,
		orderGap: func() int64 { return 1 + w.rng.Int64N(3) },
	}
	w.stockCatalogue()
	return w
}

// stamp is the panel's clock in unix seconds, which may be wrong.
func (w *world) stamp() int64 { return w.now/1000 + w.skew }

// owner is the customer whom the User API key belongs to: the largest reseller.
func (w *world) owner() *User { return w.crowd[0] }

// counters hand out ids. Order ids have gaps, as other shops of one vendor share the sequence.
type counters struct {
	orders, users, payments, tickets, tasks int64
	orderGap                                func() int64
}

func (c *counters) order() int64   { c.orders += c.orderGap(); return c.orders }
func (c *counters) user() int64    { c.users++; return c.users }
func (c *counters) payment() int64 { c.payments++; return c.payments }
func (c *counters) ticket() int64  { c.tickets++; return c.tickets }
func (c *counters) task() int64    { c.tasks++; return c.tasks }

// chance is true with probability p.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// between is a whole number in [low, high].
func (w *world) between(low, high int64) int64 {
	if high <= low {
		return low
	}
	return low + w.rng.Int64N(high-low+1)
}

// around is a duration of roughly the given mean, in milliseconds: exponential, without the extremes.
func (w *world) around(mean time.Duration) int64 {
	x := min(w.rng.ExpFloat64(), 5)
	return max(int64(x*float64(mean.Milliseconds())), 1)
}

// skewed is an index below n that prefers small ones: power 1 is even, 3 gives the first tenth almost half.
func (w *world) skewed(n int, power float64) int {
	return min(int(float64(n)*math.Pow(w.rng.Float64(), power)), n-1)
}

func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

func shuffled[T any](w *world, list []T) []T {
	w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
