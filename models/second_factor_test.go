package models_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestALoginWithASecondFactorOpensNothingBeforeTheCode(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
	if err != nil || !in.AwaitsCode {
		t.Fatalf("got %+v, %v, want a login that awaits the code", in.AwaitsCode, err)
	}
	if _, _, err := db.ViewerOf(t.Context(), in.Token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("before the code: got %v, want ErrNotFound", err)
	}
	if _, err := db.LogInCode(t.Context(), in.Token, "000000", models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrCode) {
		t.Errorf("a wrong code: got %v, want ErrCode", err)
	}
	c.turn(30 * time.Second)
	full, err := db.LogInCode(t.Context(), in.Token, app.Code(), models.Origin{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if full.Token == in.Token {
		t.Error("the token is the one from before the code")
	}
	if _, _, err := db.ViewerOf(t.Context(), full.Token, true); err != nil {
		t.Errorf("after the code: %v", err)
	}
	if _, err := db.LogInCode(t.Context(), in.Token, app.Code(), models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the same login again: got %v, want ErrNotFound", err)
	}
}

func TestALoginWaitsFiveMinutesForItsCode(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	c.turn(6 * time.Minute)
	if _, err := db.LogInCode(t.Context(), in.Token, app.Code(), models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestOfFiftyWhoBringOneCodeAtOnceOneGetsIn(t *testing.T) {
	t.Parallel()
	for name, codes := range map[string]func(modelstest.App) string{
		"the app's":       func(a modelstest.App) string { return a.Code() },
		"a recovery code": func(a modelstest.App) string { return a.Recovery[3] },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			db := modelstest.NewAt(t, c.now)
			modelstest.Staff(t, db, "anna", models.RoleAgent, true)
			app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
			c.turn(30 * time.Second)
			tokens := make([]string, 50)
			for i := range tokens {
				in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
				if err != nil {
					t.Fatal(err)
				}
				tokens[i] = in.Token
			}
			var passed atomic.Int64
			var wg sync.WaitGroup
			for _, token := range tokens {
				wg.Go(func() {
					_, err := db.LogInCode(t.Context(), token, codes(app), models.Origin{Address: "192.0.2.1"})
					var throttled models.Throttled
					switch {
					case err == nil:
						passed.Add(1)
					case !errors.Is(err, models.ErrCode) && !errors.As(err, &throttled):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := passed.Load(); got != 1 {
				t.Errorf("%d of 50 got in with one code, want 1", got)
			}
		})
	}
}

func TestACodeOfAPhoneAMinuteLateIsRefusedAndOneOfHalfAMinuteTaken(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]error{0: nil, 30 * time.Second: nil, -30 * time.Second: nil, time.Minute: models.ErrCode} {
		c := newClock()
		db := modelstest.NewAt(t, c.now)
		modelstest.Staff(t, db, "anna", models.RoleAgent, true)
		app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
		c.turn(time.Hour)
		in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.LogInCode(t.Context(), in.Token, app.CodeAt(c.now().Add(-late)), models.Origin{Address: "192.0.2.1"}); !errors.Is(err, want) {
			t.Errorf("%s late: got %v, want %v", late, err, want)
		}
	}
}

func TestRecoveryCodesAreReadHoweverTheyAreCopied(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	for i, copied := range []string{app.Recovery[0], strings.ToLower(app.Recovery[1]), " " + strings.ReplaceAll(app.Recovery[2], "-", " ")} {
		in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		full, err := db.LogInCode(t.Context(), in.Token, copied, models.Origin{Address: "192.0.2.1"})
		if err != nil {
			t.Fatalf("%q: %v", copied, err)
		}
		v, _, err := db.ViewerOf(t.Context(), full.Token, true)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := db.RecoveryCodesLeft(t.Context(), v); err != nil || left != int64(9-i) {
			t.Errorf("%d codes left, %v, want %d", left, err, 9-i)
		}
	}
}

func TestGuessesOfACodeAreSlowedDown(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	var throttled models.Throttled
	for range 10 { // each in a new login, which the guesser can start as often as they like
		in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.LogInCode(t.Context(), in.Token, "123456", models.Origin{Address: "192.0.2.1"}); errors.As(err, &throttled) {
			return
		}
	}
	t.Error("ten guesses were all looked at")
}

func TestASeedOfAnotherPersonDoesNotOpen(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	c := newClock()
	db := modelstest.OpenAt(t, address, c.now)
	for _, name := range []string{"anna", "ben"} {
		modelstest.Staff(t, db, name, models.RoleAgent, true)
		if err := db.BeginSecondFactor(t.Context(), modelstest.Viewer(t, db, name)); err != nil {
			t.Fatal(err)
		}
	}
	const swap = `UPDATE second_factors SET seed_sealed = (SELECT other.seed_sealed FROM second_factors AS other WHERE other.staff_id <> second_factors.staff_id)`
	if _, err := connect(t, address).ExecContext(t.Context(), swap); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SecondFactorSetUp(t.Context(), modelstest.Viewer(t, db, "anna")); err == nil {
		t.Error("anna's app would get ben's seed")
	}
}

func TestWhoeverHasASecondFactorSeesItsSeedNoMore(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	v := modelstest.Viewer(t, db, "anna")
	modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	if _, err := db.SecondFactorSetUp(t.Context(), v); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("its seed: got %v, want ErrNotFound", err)
	}
	if err := db.BeginSecondFactor(t.Context(), v); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("a new seed without turning it off: got %v, want ErrNotAllowed", err)
	}
}

func TestALostPhoneIsResetByThoseWhoManageAndTheSessionsEnd(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	owner := modelstest.Owner(t, db)
	modelstest.Staff(t, db, "admin", models.RoleAdmin, true)
	admin := modelstest.Viewer(t, db, "admin")
	anna := modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	open := modelstest.LogIn(t, db, "anna")
	modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	modelstest.TurnOnSecondFactor(t, db, "owner", c.now)

	if err := db.ResetSecondFactor(t.Context(), models.Viewer{StaffID: anna.ID, Role: models.RoleAgent}, anna.ID); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("by an agent: got %v, want ErrNotAllowed", err)
	}
	if err := db.ResetSecondFactor(t.Context(), admin, owner.StaffID); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an owner's by an admin: got %v, want ErrNotAllowed", err)
	}
	if err := db.ResetSecondFactor(t.Context(), admin, anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ViewerOf(t.Context(), open, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("an open session: got %v, want ErrNotFound", err)
	}
	if in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"}); err != nil || in.AwaitsCode {
		t.Errorf("the next login: awaits a code %v, %v", in.AwaitsCode, err)
	}
}

func TestALoginThatAwaitsItsCodeEndsWithANewPassword(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	v := modelstest.Viewer(t, db, "anna")
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	in, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetPassword(t.Context(), v, modelstest.Password, "a completely new one"); err != nil {
		t.Fatal(err)
	}
	c.turn(30 * time.Second)
	if _, err := db.LogInCode(t.Context(), in.Token, app.Code(), models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
