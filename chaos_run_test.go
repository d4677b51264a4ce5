//go:build chaos

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/privatepg"
)

// The actions on each panel.
const (
	chaosPanels   = 5
	repliesEach   = 80 // two per ticket
	paymentsEach  = 60 // three per customer
	orderActsEach = 60 // one per order
)

// chaosRun is one run with its own PostgreSQL, Redis, panels and workers.
type chaosRun struct {
	testing.TB
	binary, url string
	seed        uint64
	redis       *mortalRedis
	db          *models.DB
	sql         *sql.DB // for queries and cut connections, beside the program
	owner       models.Viewer
	shops       []*chaosShop
	asked       []chaosAction
	took        time.Duration
	result      chaosResult
}

// chaosAction is an action and its panel.
type chaosAction struct {
	shop   *chaosShop
	action models.PanelAction
}

// chaosResult holds the figures that a run prints.
type chaosResult struct {
	killed, cut, flushed, restarted atomic.Int64
	formsAgain                      int // forms that were sent again because their answer was lost
	inChaos                         int // actions that were sent during the chaos
	asks, hidden, behind            int // actions that ask a person; of these, the ones that the panel shows; actions that wait behind one that asks
	states                          map[models.ActionState]int
	lost, doubled, wrong            int
}

func newChaosRun(t testing.TB, binary string, seed uint64) *chaosRun {
	t.Helper()
	server, err := privatepg.Start(t.Context(), privatepg.Options{Ephemeral: true, MaxConnections: 200})
	fine(t, err)
	t.Cleanup(func() { fine(t, server.Stop()) })
	r := &chaosRun{TB: t, binary: binary, seed: seed, url: server.DSN("postgres"), redis: startMortalRedis(t)}
	r.db = modelstest.OpenAt(t, r.url, time.Now)
	_, err = r.db.Migrate(t.Context())
	fine(t, err)
	r.sql, err = sql.Open("pgx", r.url)
	fine(t, err)
	t.Cleanup(func() { r.sql.Close() })
	// A higher limit of calls keeps a thousand actions running while processes die, instead of spreading them over
	// ten minutes.
	r.exec("ALTER TABLE sync_settings DROP CONSTRAINT sync_settings_calls_per_second_check; UPDATE sync_settings SET calls_per_second = 40")
	modelstest.Owner(t, r.db)
	for i := range chaosPanels {
		r.shops = append(r.shops, r.openShop(i))
	}
	r.owner = modelstest.Viewer(t, r.db, "owner")
	return r
}

func (r *chaosRun) exec(query string) {
	r.Helper()
	_, err := r.sql.ExecContext(r.Context(), query)
	fine(r, err)
}

// count runs a query that returns one number, and retries it because its connection may have been cut.
func (r *chaosRun) count(query string) (n int) {
	r.Helper()
	for {
		err := r.sql.QueryRowContext(r.Context(), query).Scan(&n)
		if err == nil {
			return n
		}
		if r.Context().Err() != nil {
			r.Fatal(err)
		}
	}
}

// random returns the random numbers of one kind of fault. Each kind has its own source, because they run in parallel.
func (r *chaosRun) random(kind uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, kind)) }

// mirror runs a worker without faults until all panels are mirrored, because staff can write only to mirrored orders
// and tickets.
func (r *chaosRun) mirror() {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.keepWorker(ctx, nil, nil) }()
	waitFor(r, "everything is mirrored", 2*time.Minute, func() bool {
		return r.count("SELECT count(*) FROM orders") >= chaosPanels*orderActsEach && r.count("SELECT count(*) FROM tickets") >= chaosPanels*repliesEach/2
	})
	stop()
	<-ended
	for _, s := range r.shops {
		s.misfortunes()
	}
}

// askForAll enqueues a thousand actions over one minute, in mixed order. It sends a form again if its answer was lost
// because a connection was cut.
func (r *chaosRun) askForAll() {
	r.Helper()
	var forms []models.NewAction
	for _, s := range r.shops {
		forms = append(forms, s.forms()...)
	}
	r.random(1).Shuffle(len(forms), func(i, j int) { forms[i], forms[j] = forms[j], forms[i] })
	shops := map[int64]*chaosShop{}
	for _, s := range r.shops {
		shops[s.id] = s
	}
	for i, form := range forms {
		form.Key = fmt.Sprint("form ", i)
		r.asked = append(r.asked, chaosAction{shops[form.PanelID], r.ask(form)})
		pass(r.Context(), askedWithin/time.Duration(len(forms)))
	}
}

func (r *chaosRun) ask(form models.NewAction) models.PanelAction {
	r.Helper()
	for {
		a, err := r.db.Enqueue(r.Context(), r.owner, form)
		var invalid models.Invalid
		switch {
		case err == nil:
			return a
		case errors.As(err, &invalid), errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrNotAllowed), r.Context().Err() != nil:
			r.Fatalf("%s: %v", form.Kind, err)
		}
		r.result.formsAgain++
	}
}

// forms returns all actions that staff enqueue on a panel.
func (s *chaosShop) forms() (forms []models.NewAction) {
	for i := range repliesEach {
		forms = append(forms, models.NewAction{Kind: models.KindReply, PanelID: s.id, TargetID: s.tickets[i/2],
			Payload: models.ActionPayload{Message: fmt.Sprintf("Reply %d.\nIt is on its way.", i)}})
	}
	for i := range paymentsEach {
		forms = append(forms, models.NewAction{Kind: models.KindAddPayment, PanelID: s.id, TargetName: fmt.Sprint("anna", i/3),
			Payload: models.ActionPayload{Amount: decimal.NewNullDecimal(decimal.New(int64(100+i), -2)), Method: s.Methods()[0], Memo: "thanks"}})
	}
	for i, id := range s.orders {
		kind := chaosKinds[i%len(chaosKinds)]
		n := int64(100 + i)
		form := models.NewAction{Kind: kind, PanelID: s.id, TargetID: id}
		switch kind {
		case models.KindChangeStatus:
			form.Payload.Status = sim.InProgress
		case models.KindEditLink:
			form.Payload.Link = fmt.Sprint("https://example.com/", i)
		case models.KindSetStartCount:
			form.Payload.StartCount = &n
		case models.KindSetRemains, models.KindSetPartial:
			form.Payload.Remains = &n
		case models.KindCancel:
			form.Payload.CancelReason = fmt.Sprint("reason ", i)
		}
		forms = append(forms, form)
	}
	return forms
}

var chaosKinds = []models.ActionKind{models.KindChangeStatus, models.KindSetPartial, models.KindSetStartCount, models.KindSetRemains,
	models.KindEditLink, models.KindCancel}
