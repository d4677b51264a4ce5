package jobs

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models/modelstest"
)

// lane returns a caller of panel 1 with the name of its lane.
func lane(l Lane) Caller { return Caller{PanelID: 1, Lane: l, Name: string(l)} }

// places returns how many calls of a caller get a slot now.
func places(t testing.TB, l *Limiter, c Caller) int {
	t.Helper()
	for n := range 100 {
		if _, ok := entersAs(t, l, c, string(c.Lane)+strconv.Itoa(n)); !ok {
			return n
		}
	}
	t.Fatal("the window has no end")
	return 0
}

func TestOnlyStaffTakeTheReservedPlaces(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		for _, c := range []struct{ limit, share, want int }{
			{5, 0, 5}, {5, 20, 4}, {5, 1, 4}, {5, 50, 2}, {5, 80, 1}, {4, 20, 3}, {2, 80, 1}, {1, 80, 1},
		} {
			if err := client.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			l := settled(t, client, Rules{Limit: c.limit, StaffShare: c.share})
			if got := places(t, l, lane(LaneHead)); got != c.want {
				t.Errorf("limit %d, share %d %%: got %d places for the syncing, want %d", c.limit, c.share, got, c.want)
			}
			if got, want := places(t, l, lane(LaneStaff)), c.limit-c.want; got != want {
				t.Errorf("limit %d, share %d %%: got %d places left for staff, want %d", c.limit, c.share, got, want)
			}
		}
	})
}

func TestACallGoesOnlyWhileNoBetterOneWaits(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		places(t, l, lane(LaneOpen)) // all slots; one more caller of the lane waits
		freed := newLimiter(client, Rules{Limit: DefaultCallsPerSecond + 2})
		if _, ok := entersAs(t, freed, lane(LaneBackfill), "rest"); ok {
			t.Error("a backfill went before an open order that waits")
		}
		if _, ok := entersAs(t, freed, lane(LaneHead), "fresh"); !ok {
			t.Error("a head was held up by its equal")
		}
		if _, ok := entersAs(t, freed, lane(LaneOpen), "waited"); !ok {
			t.Error("the open order that waited has no room")
		}
		if got := places(t, newLimiter(client, Rules{Limit: DefaultCallsPerSecond + 3}), lane(LaneBackfill)); got != 1 {
			t.Errorf("when nobody better waits: got %d places for a backfill, want 1", got)
		}
	})
}

func TestTheRestGoesNowAndThenHoweverManyBetterOnesWait(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		more := DefaultCallsPerSecond
		freed := func() *Limiter { // a limiter with room for one more call
			more++
			return newLimiter(client, Rules{Limit: more})
		}
		waits := func() { entersAs(t, newLimiter(client, Rules{Limit: more}), lane(LaneOpen), "waits") }
		later := func() { // as if restEvery had passed
			if err := client.HIncrBy(t.Context(), windowKey(1)+":rest", "since", -restEvery.Milliseconds()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		goes := func(l Lane, token string) bool {
			_, ok := entersAs(t, freed(), lane(l), token)
			return ok
		}
		places(t, settled(t, client), lane(LaneOpen))
		if goes(LaneOpen, "1"); !goes(LaneBackfill, "2") {
			t.Fatal("nobody better waits, and the backfill does not go")
		}
		if waits(); goes(LaneBackfill, "3") {
			t.Error("the backfill went again at once, before an open order that waits")
		}
		later()
		waits()
		_, full := entersAs(t, newLimiter(client, Rules{Limit: 1}), lane(LaneBackfill), "4")
		if full || goes(LaneOpen, "5") {
			t.Error("an open order went before the backfill, whose turn it is")
		}
		if !goes(LaneStaff, "6") {
			t.Error("staff wait for a backfill")
		}
		if _, ok := entersAs(t, newLimiter(client, Rules{Limit: more + 1}), lane(LaneBackfill), "7"); !ok {
			t.Error("the backfill does not go although it is its turn")
		}
		if !goes(LaneOpen, "8") {
			t.Error("the open order still waits for the backfill")
		}
	})
}

func TestAPanelBeginsBelowItsLimitAndCreepsUpToIt(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		for _, c := range []struct{ limit, first int }{{5, 4}, {4, 3}, {1, 1}} {
			if err := client.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			l := newLimiter(client, Rules{Limit: c.limit})
			enters(t, l, 1, "opens the window")
			for age, want := range map[time.Duration]int{0: c.first, creep: c.limit, time.Hour: c.limit} {
				if got := placesAfter(t, client, l, age); got != want {
					t.Errorf("limit %d, %v later: got %d places, want %d", c.limit, age, got, want)
				}
			}
		}
	})
}

// placesAfter returns how many calls get a slot in an empty window after a reduced limit has grown for the given
// time.
func placesAfter(t testing.TB, client *redis.Client, l *Limiter, grown time.Duration) int {
	t.Helper()
	reduced := windowKey(1) + ":reduced"
	at := must(client.HGet(t.Context(), reduced, "at").Int64())(t)
	defer client.HSet(t.Context(), reduced, "at", at)
	client.ZRemRangeByScore(t.Context(), windowKey(1), "-inf", "(1e15")
	client.Del(t.Context(), windowKey(1)+":waiting")
	client.HSet(t.Context(), reduced, "at", at-grown.Milliseconds())
	return places(t, l, lane(LaneHead))
}

func TestA429HalvesTheLimitWhichGrowsBack(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		for range 3 { // calls that ran in parallel
			must(l.Block(t.Context(), 1, time.Millisecond))(t)
		}
		reduced := windowKey(1) + ":reduced"
		if got := client.HGet(t.Context(), reduced, "limit").Val(); got != "2" {
			t.Fatalf("after a storm: got a limit of %s, want 2", got)
		}
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 2}, {2 * creep, 4}, {time.Hour, DefaultCallsPerSecond}} {
			if got := placesAfter(t, client, l, c.after); got != c.want {
				t.Errorf("%v later: got %d places, want %d", c.after, got, c.want)
			}
		}
	})
}

func TestWhoWouldWaitLongGivesItsWorkerBack(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		places(t, l, lane(LaneHead))
		l.sleep = func(context.Context, time.Duration) error {
			t.Error("it waits")
			return nil
		}
		var early *noTurnError
		if _, err := l.Wait(t.Context(), lane(LaneHead)); !errors.As(err, &early) || early.wait <= 0 || early.wait > 2*window {
			t.Errorf("got %v, want to come back within two seconds", err)
		}
	})
}

func TestCallsAreCountedByLane(t *testing.T) {
	t.Parallel()
	redises(t, func(t *testing.T, client *redis.Client) {
		l := settled(t, client)
		now := modelstest.Start()
		l.now = func() time.Time { return now.Add(-time.Minute) }
		entersAs(t, l, lane(LaneStaff), "a")
		l.now = func() time.Time { return now }
		entersAs(t, l, lane(LaneBackfill), "b")
		entersAs(t, l, lane(LaneBackfill), "c")
		uses := must(NewCallCounts(client, l.now).Budget(t.Context(), 1))(t)
		for _, u := range uses {
			want := map[Lane]int{LaneStaff: 1, LaneBackfill: 2}[u.Lane]
			if u.Total() != want || len(u.Calls) != CountBuckets {
				t.Errorf("%s: got %v, want %d calls in %d counts", u.Lane, u.Calls, want, CountBuckets)
			}
		}
		if got := uses[0].Calls[CountBuckets-1-6]; got != 1 {
			t.Errorf("the call a minute ago is not where it should be: %v", uses[0].Calls)
		}
	})
}
