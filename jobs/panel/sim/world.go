package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// world holds all data of a panel. It has no lock: Panel allows several readers or one writer.
type world struct {
	profile  profile
	zone     *time.Location
	currency string
	rates    Rates
	rng      *rand.Rand

	now   int64 // milliseconds since 1970
	skew  int64 // error of the panel's own clock, in seconds
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
	latest      map[string][]string // the latest links and payment references by kind, some of which are repeated
	attacks     map[string]int      // number of hostile texts so far by kind; "" holds the start offset of this panel
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

// stamp returns the panel's clock in unix seconds, which may be wrong.
func (w *world) stamp() int64 { return w.now/1000 + w.skew }

// owner returns the customer who owns the User API key: the largest reseller.
func (w *world) owner() *User { return w.crowd[0] }

// counters returns new ids. Order ids have gaps, because other shops of the vendor share the sequence.
type counters struct {
	orders, users, payments, tickets, tasks int64
	orderGap                                func() int64
}

func (c *counters) order() int64   { c.orders += c.orderGap(); return c.orders }
func (c *counters) user() int64    { c.users++; return c.users }
func (c *counters) payment() int64 { c.payments++; return c.payments }
func (c *counters) ticket() int64  { c.tickets++; return c.tickets }
func (c *counters) task() int64    { c.tasks++; return c.tasks }

// chance returns true with probability p.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// between returns a random whole number in [low, high].
func (w *world) between(low, high int64) int64 {
	if high <= low {
		return low
	}
	return low + w.rng.Int64N(high-low+1)
}

// around returns a random duration in milliseconds: exponential with roughly the given mean, without extreme values.
func (w *world) around(mean time.Duration) int64 {
	x := min(w.rng.ExpFloat64(), 5)
	return max(int64(x*float64(mean.Milliseconds())), 1)
}

// skewed returns a random index below n; small ones are more likely. With power 1 all are equally likely, with 3
// almost half of the draws are in the first tenth.
func (w *world) skewed(n int, power float64) int {
	return min(int(float64(n)*math.Pow(w.rng.Float64(), power)), n-1)
}

func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

func shuffled[T any](w *world, list []T) []T {
	w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
