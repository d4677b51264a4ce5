package models_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
)

// TestEveryInterleavingOfTwoWorkersAndAPersonKeepsThePromises lets two workers, the sweep, a person and the clock take
// steps in every order, up to a number of steps, against the real table. It explores equivalent situations only once.
// After each step it checks the promises of the outbox.
func TestEveryInterleavingOfTwoWorkersAndAPersonKeepsThePromises(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		kinds []models.ActionKind
		steps int
	}{
		{"a payment", []models.ActionKind{models.KindAddPayment}, 9},
		{"a link", []models.ActionKind{models.KindEditLink}, 6},
		{"two payments of one customer", []models.ActionKind{models.KindAddPayment, models.KindAddPayment}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newExplorer(t, tt.kinds)
			for range tt.steps {
				e.deeper()
			}
			for _, s := range []models.ActionState{models.ActionDone, models.ActionRefused, models.ActionUnconfirmed, models.ActionCancelled} {
				if !e.reached[s] {
					t.Errorf("nothing was ever %s: the steps do not go where they are meant to", s)
				}
			}
			t.Logf("%d steps out of %d situations", e.taken, len(e.seen))
		})
	}
}

// phase is a worker's progress on an action.
type phase string

const (
	idle     phase = "idle"
	claimed  phase = "claimed" // to send it
	sending  phase = "sending" // the request is in flight
	lookedAt phase = "looked at"
)

// worker is the memory of one worker: the action as it last saw it, as a row and as stored.
type worker struct {
	phase  phase
	action models.PanelAction
	stored string
}

// situation is the state at one moment: the table, the time, the workers' memory, and the attempts that were sent.
type situation struct {
	rows    []json.RawMessage
	at      time.Time
	workers [2]worker
	sent    []string
	path    []string
}

// explorer explores all situations breadth first: one depth before the next.
type explorer struct {
	testing.TB
	a       *archive
	sql     *sql.DB
	last    []situation
	seen    map[string]bool
	reached map[models.ActionState]bool
	taken   int
}

func newExplorer(t testing.TB, kinds []models.ActionKind) *explorer {
	t.Helper()
	a, conn := newOutboxWithSQL(t)
	e := &explorer{TB: t, a: a, sql: conn, seen: map[string]bool{}, reached: map[models.ActionState]bool{}}
	exec(t, conn, putBack)
	for i, kind := range kinds {
		a.enqueue(a.owner, a.form(fmt.Sprint(i), kind))
	}
	e.last = []situation{{rows: e.table(), at: a.now(), workers: [2]worker{{phase: idle}, {phase: idle}}}}
	return e
}

// deeper takes every possible step from every situation of the last depth.
func (e *explorer) deeper() {
	e.Helper()
	var next []situation
	for _, s := range e.last {
		for _, st := range e.steps(s) {
			if after, moved := e.take(s, st); moved && !e.seen[after.key()] {
				e.seen[after.key()] = true
				next = append(next, after)
			}
		}
	}
	e.last = next
}

// step is one possible event. by is the worker that takes it, -1 for other actors.
type step struct {
	name string
	by   int
	do   func(context.Context, *situation) error
}

// steps returns all possible steps in a situation.
func (e *explorer) steps(s situation) (all []step) {
	for i, w := range s.workers {
		for _, st := range e.workerSteps(w, s) {
			st.by, st.name = i, fmt.Sprintf("worker %d %s", i+1, st.name)
			all = append(all, st)
		}
	}
	other := func(name string, do func(context.Context) error) {
		all = append(all, step{name, -1, func(ctx context.Context, _ *situation) error { return do(ctx) }})
	}
	for _, row := range s.rows {
		a := actionOf(row)
		if a.Kind == models.KindAddPayment && a.Attempts > 0 && a.State != models.ActionQueued {
			other("the sync shows it", func(ctx context.Context) error { return e.show(ctx, a.ID) })
		}
	}
	other("sweep", func(ctx context.Context) error { _, err := e.a.db.SweepActions(ctx); return err })
	for _, row := range s.rows {
		a := actionOf(row)
		other("cancel", func(ctx context.Context) error { _, err := e.a.db.CancelAction(ctx, e.a.owner, a.ID); return err })
		for _, d := range []models.Decision{models.SendAgain, models.WentThrough} {
			other(string(d), func(ctx context.Context) error {
				_, err := e.a.db.Decide(ctx, e.a.owner, a.ID, a.Attempts, d, "")
				return err
			})
		}
	}
	for _, d := range []time.Duration{50 * time.Second, 4 * time.Minute} {
		all = append(all, step{"time", -1, func(_ context.Context, s *situation) error { s.at = s.at.Add(d); return nil }})
	}
	return all
}

// workerSteps returns a worker's possible next steps; it may also be killed and then forgets everything.
func (e *explorer) workerSteps(w worker, s situation) (all []step) {
	add := func(name string, then phase, do func(context.Context) error) {
		all = append(all, step{name: name, do: func(ctx context.Context, s *situation) error {
			err := do(ctx)
			w := &s.workers[e.turn(s)]
			if err == nil {
				w.phase = then
			} else {
				w.phase = idle
			}
			if w.phase == idle {
				*w = worker{phase: idle}
			}
			return err
		}})
	}
	db, a, now := e.a.db, w.action, s.at
	if w.phase == idle {
		for _, row := range s.rows {
			id := actionOf(row).ID
			all = append(all, step{name: "claims", do: func(ctx context.Context, s *situation) error { return e.claim(ctx, s, id) }})
		}
		return all
	}
	if a.Aside {
		add("sees it", idle, func(ctx context.Context) error { return db.FoundAction(ctx, a, models.Sight{}, "") })
		add("sees nothing yet", idle, func(ctx context.Context) error { return db.WatchAgain(ctx, a, now.Add(time.Minute)) })
		if a.State == models.ActionDone {
			add("sees that it is not there", idle, func(ctx context.Context) error { return db.ReopenAction(ctx, a, "") })
		}
		add("dies", idle, func(context.Context) error { return nil })
		return all
	}
	add("dies", idle, func(context.Context) error { return nil })
	switch w.phase {
	case claimed:
		all = append(all, step{name: "begins", do: e.begin})
		add("puts it off", idle, func(ctx context.Context) error { return db.QueueAction(ctx, a, now, true, "") })
		add("refuses", idle, func(ctx context.Context) error { return db.EndAction(ctx, a, models.ActionRefused, "") })
	case sending:
		add("hears yes", idle, func(ctx context.Context) error { return db.AnswerAction(ctx, a) })
		add("hears no", idle, func(ctx context.Context) error { return db.EndAction(ctx, a, models.ActionRefused, "") })
		add("hears nothing", idle, func(ctx context.Context) error { return db.DoubtAction(ctx, a, now, "") })
		add("did not reach it", idle, func(ctx context.Context) error { return db.QueueAction(ctx, a, now, true, "") })
	case lookedAt:
		add("finds it", idle, func(ctx context.Context) error { return db.EndAction(ctx, a, models.ActionDone, "") })
		add("asks", idle, func(ctx context.Context) error { return db.LookAgain(ctx, a, time.Time{}, 0, 2, "") })
		add("sends again", idle, func(ctx context.Context) error { return db.QueueAction(ctx, a, now, false, "") })
	}
	return all
}

// turn returns the worker of the step that take is running.
func (e *explorer) turn(s *situation) int {
	last := s.path[len(s.path)-1]
	return int(last[len("worker ")] - '1')
}

func (e *explorer) claim(ctx context.Context, s *situation, id int64) error {
	a, err := e.a.db.ClaimAction(ctx, id, 30*time.Second)
	if errors.Is(err, models.ErrBusy) {
		a, err = e.a.db.ClaimLook(ctx, id, 30*time.Second)
	}
	if err != nil {
		return err
	}
	if a.Aside {
		s.workers[e.turn(s)] = worker{phase: lookedAt, action: a}
		return nil
	}
	s.workers[e.turn(s)] = worker{phase: map[models.ActionState]phase{models.ActionQueued: claimed, models.ActionUnconfirmed: lookedAt}[a.State], action: a}
	return nil
}

// show makes the payments sync find the action's payment.
func (e *explorer) show(ctx context.Context, id int64) error {
	var reference string
	if err := e.sql.QueryRowContext(ctx, "SELECT reference FROM actions WHERE id = $1", id).Scan(&reference); err != nil {
		return err
	}
	p := payment(e.a.panel.ID, id, "anna", reference, "1", e.a.now())
	if _, err := e.a.db.PutPayments(ctx, p.PanelID, []models.Payment{p}, e.a.now()); err != nil {
		return err
	}
	_, err := e.a.db.SettlePayments(ctx, p.PanelID, []int64{id})
	return err
}

func (e *explorer) begin(ctx context.Context, s *situation) error {
	w := &s.workers[e.turn(s)]
	a, err := e.a.db.BeginSending(ctx, w.action, models.Sight{}, s.at.Add(21*time.Second))
	if err != nil {
		*w = worker{phase: idle}
		return err
	}
	w.phase, w.action = sending, a
	s.sent = append(slices.Clone(s.sent), fmt.Sprintf("attempt %d of %d", a.Attempts, a.ID))
	return nil
}

// take takes one step from a situation and checks the promises. moved is false if the step changed nothing.
func (e *explorer) take(s situation, st step) (after situation, moved bool) {
	e.Helper()
	e.taken++
	e.restore(s)
	after = s
	after.path = append(slices.Clone(s.path), st.name)
	err := st.do(e.Context(), &after)
	for _, meant := range []error{models.ErrBusy, models.ErrLeaseLost, models.ErrTooLate, models.ErrNotAllowed} {
		if errors.Is(err, meant) {
			err = nil
		}
	}
	if err != nil {
		e.Fatalf("%s: %v", strings.Join(after.path, ", "), err)
	}
	after.rows = e.table()
	if st.by >= 0 && after.workers[st.by].phase != idle {
		w := &after.workers[st.by]
		w.stored = string(after.row(w.action.ID))
	}
	e.check(s, after, st)
	return after, true
}

// check checks the promises after a step.
func (e *explorer) check(before, after situation, st step) {
	e.Helper()
	broken := func(format string, args ...any) {
		e.Helper()
		e.Fatalf("%s: %s\nbefore: %s\nafter:  %s", strings.Join(after.path, ", "), fmt.Sprintf(format, args...), before.rows, after.rows)
	}
	if sent := slices.Sorted(slices.Values(after.sent)); len(slices.Compact(sent)) != len(after.sent) {
		broken("one attempt was sent twice")
	}
	flying := 0
	for i := range after.rows {
		was, is := actionOf(before.rows[i]), actionOf(after.rows[i])
		e.reached[is.State] = true
		changed := !bytes.Equal(before.rows[i], after.rows[i])
		if is.State == models.ActionSending || is.State == models.ActionUnconfirmed && is.AnsweredAt.IsZero() {
			flying++
		}
		switch info, _ := is.Kind.Info(); {
		case changed && was.Ended() && !is.Ended() && !strings.HasPrefix(st.name, "the sync shows") && !strings.HasSuffix(st.name, "sees that it is not there"):
			broken("it had ended")
		case !slices.Contains(follows[was.State], is.State):
			broken("%s does not follow from %s", is.State, was.State)
		case was.State == models.ActionUnconfirmed && is.State == models.ActionQueued && st.by >= 0 && !info.Harmless && !strings.Contains(st.name, "did not reach it"):
			broken("a worker sends money again")
		case changed && st.by >= 0 && e.stale(before.workers[st.by], was, before.rows[i]):
			broken("a stale worker wrote")
		}
	}
	if flying > 1 {
		broken("two writes to one customer are in flight")
	}
}

// follows lists the states that may follow each state.
var follows = map[models.ActionState][]models.ActionState{
	models.ActionQueued:      {models.ActionQueued, models.ActionSending, models.ActionDone, models.ActionRefused, models.ActionCancelled},
	models.ActionSending:     {models.ActionSending, models.ActionQueued, models.ActionDone, models.ActionRefused, models.ActionUnconfirmed},
	models.ActionUnconfirmed: {models.ActionUnconfirmed, models.ActionQueued, models.ActionDone, models.ActionRefused},
	models.ActionDone:        {models.ActionDone, models.ActionUnconfirmed},
	models.ActionRefused:     {models.ActionRefused, models.ActionUnconfirmed},
	models.ActionCancelled:   {models.ActionCancelled, models.ActionUnconfirmed},
}

// stale reports whether another actor changed the action since the worker last saw it. An attempt's own answer still
// counts while the result of that attempt is unknown, even if the sync found the payment meanwhile.
func (e *explorer) stale(w worker, is models.PanelAction, row json.RawMessage) bool {
	if w.phase == idle || w.action.ID != is.ID || w.stored == string(row) {
		return false
	}
	return w.phase != sending || is.State != models.ActionUnconfirmed && is.State != models.ActionSending || is.Attempts != w.action.Attempts
}

// table returns the stored rows.
func (e *explorer) table() (rows []json.RawMessage) {
	e.Helper()
	var all []byte
	if err := e.sql.QueryRowContext(e.Context(), "SELECT json_agg(t ORDER BY id) FROM actions AS t").Scan(&all); err != nil {
		e.Fatal(err)
	}
	if err := json.Unmarshal(all, &rows); err != nil {
		e.Fatal(err)
	}
	return rows
}

// restore restores a situation. It bypasses the rules of the table, which only apply to the program.
func (e *explorer) restore(s situation) {
	e.Helper()
	e.a.turn(s.at.Sub(e.a.now()))
	all, err := json.Marshal(s.rows)
	if err != nil {
		e.Fatal(err)
	}
	exec(e, e.sql, "SELECT put_back($1)", string(all))
}

// putBack creates the function that restores a situation.
const putBack = `CREATE FUNCTION put_back(rows json) RETURNS void LANGUAGE sql SET session_replication_role = replica AS $$
	DELETE FROM actions;
	INSERT INTO actions OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::actions, rows);
$$`

// actionOf parses a row.
func actionOf(row json.RawMessage) (a models.PanelAction) {
	var r struct {
		ID         int64
		Kind       models.ActionKind
		State      models.ActionState
		Attempts   int
		DueAt      *time.Time `json:"due_at"`
		EndedAt    *time.Time `json:"ended_at"`
		Deadline   *time.Time
		LeaseToken *string    `json:"lease_token"`
		LeaseUntil *time.Time `json:"lease_until"`
		AnsweredAt *time.Time `json:"answered_at"`
		LookAt     *time.Time `json:"look_at"`
		Found      []int64
	}
	if err := json.Unmarshal(row, &r); err != nil {
		panic(err) // PostgreSQL produced it
	}
	a = models.PanelAction{ID: r.ID, Kind: r.Kind, State: r.State, Attempts: r.Attempts, Found: r.Found}
	for to, from := range map[*time.Time]*time.Time{&a.DueAt: r.DueAt, &a.EndedAt: r.EndedAt, &a.Deadline: r.Deadline, &a.LeaseUntil: r.LeaseUntil,
		&a.AnsweredAt: r.AnsweredAt, &a.LookAt: r.LookAt} {
		if from != nil {
			*to = *from
		}
	}
	return a
}

func (s situation) row(id int64) json.RawMessage {
	for _, row := range s.rows {
		if bytes.HasPrefix(row, fmt.Appendf(nil, `{"id":%d,`, id)) {
			return row
		}
	}
	return nil
}

// key identifies equivalent situations: states and attempts, the holder of each lease, and which deadlines have passed.
func (s situation) key() string {
	var key strings.Builder
	for _, row := range s.rows {
		a := actionOf(row)
		fmt.Fprint(&key, a.State, a.Attempts, !a.DueAt.IsZero(), a.DueAt.After(s.at), a.LeaseUntil.After(s.at), a.Decidable(s.at),
			!a.LookAt.IsZero(), a.LookAt.After(s.at), len(a.Found), !a.AnsweredAt.IsZero(), " ")
		for _, w := range s.workers {
			fmt.Fprint(&key, w.phase, w.action.ID == a.ID, w.stored == string(row), w.action.ID == a.ID && w.action.Attempts == a.Attempts, " ")
		}
	}
	return key.String() + fmt.Sprint(len(s.sent))
}
