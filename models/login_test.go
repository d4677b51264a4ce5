package models_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: modelstest.Start()} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) turn(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// connect opens a plain connection to a test's database.
func connect(t testing.TB, address string) *sql.DB {
	t.Helper()
	conn, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// awaitLock returns when a session of the database waits for a lock of another transaction.
func awaitLock(t testing.TB, address string) {
	t.Helper()
	conn := connect(t, address)
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	for n := 0; n == 0; {
		if err := conn.QueryRowContext(t.Context(), waiting).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestLogInGivesASessionThatLogOutEnds(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "Anna", models.RoleAgent, true)
	token := modelstest.LogIn(t, db, "anna") // the case of a username does not matter

	v, _, err := db.ViewerOf(t.Context(), token, true)
	if err != nil || v.Username != "Anna" {
		t.Fatalf("got %q, %v, want Anna", v.Username, err)
	}
	if err := db.LogOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("after logging out: got %v, want ErrNotFound", err)
	}
}

func TestWrongNameAndWrongPasswordAreTheSameError(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	_, wrongName := db.LogIn(t.Context(), "nobody", modelstest.Password, models.Origin{Address: "192.0.2.1"})
	_, wrongPassword := db.LogIn(t.Context(), "anna", "another password", models.Origin{Address: "192.0.2.1"})
	if !errors.Is(wrongName, models.ErrLogin) || !errors.Is(wrongPassword, models.ErrLogin) {
		t.Errorf("got %v and %v, want ErrLogin twice", wrongName, wrongPassword)
	}
}

func TestSessionEndsIdleAndInAnyCase(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	token := modelstest.LogIn(t, db, "anna")

	c.turn(models.SessionIdle - time.Minute)
	if _, _, err := db.ViewerOf(t.Context(), token, false); err != nil {
		t.Fatalf("a refresh before the idle end: %v", err)
	}
	c.turn(2 * time.Minute) // the refresh was no activity
	if _, _, err := db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("past the idle end: got %v, want ErrNotFound", err)
	}

	token = modelstest.LogIn(t, db, "anna")
	for range 5 {
		c.turn(3 * time.Hour)
		db.ViewerOf(t.Context(), token, true)
	}
	if _, _, err := db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("past the absolute end, used all the time: got %v, want ErrNotFound", err)
	}
}

func TestFailedLoginsAreSlowedDownMoreAndMore(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	var delays []time.Duration
	for len(delays) < 3 {
		_, err := db.LogIn(t.Context(), "anna", "not the password", models.Origin{Address: "192.0.2.1"})
		var throttled models.Throttled
		switch {
		case errors.As(err, &throttled):
			delays = append(delays, throttled.Until.Sub(c.now()))
			c.turn(throttled.Until.Sub(c.now()) + time.Second)
		case !errors.Is(err, models.ErrLogin):
			t.Fatal(err)
		}
	}
	if !(delays[0] > 0 && delays[1] > delays[0] && delays[2] > delays[1]) {
		t.Errorf("delays %v, want rising ones", delays)
	}
	_, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
	if err != nil {
		t.Fatalf("the right password after the delay: %v", err)
	}
	if _, err := db.LogIn(t.Context(), "anna", "not the password", models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrLogin) {
		t.Errorf("the first failure after a good login: got %v, want ErrLogin", err)
	}
}

// TestADayOfGuessingIsAHundredGuesses guesses as soon as the throttle allows it, each time from another address.
func TestADayOfGuessingIsAHundredGuesses(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	guesses := c.guessesInADay(t, func(try int) error {
		_, err := db.LogIn(t.Context(), "anna", "not the password", models.Origin{Address: fmt.Sprintf("192.0.%d.%d", try/250, try%250)})
		return err
	}, nil)
	t.Logf("%d guesses at one account were looked at in 24 hours", guesses)
	if guesses > 110 {
		t.Errorf("%d guesses, want about a hundred", guesses)
	}
}

// guessesInADay guesses for 24 hours of the clock, each time as soon as the throttle allows, and returns how many guesses
// were looked at. It calls slowed, if there is one, before each wait.
func (c *clock) guessesInADay(t *testing.T, guess func(try int) error, slowed func()) (guesses int) {
	t.Helper()
	end := c.now().Add(24 * time.Hour)
	for try := 0; c.now().Before(end); try++ {
		err := guess(try)
		var throttled models.Throttled
		switch {
		case errors.As(err, &throttled):
			if slowed != nil {
				slowed()
			}
			c.turn(throttled.Until.Sub(c.now()))
		case errors.Is(err, models.ErrLogin):
			guesses++
		default:
			t.Fatal(err)
		}
	}
	return guesses
}

func TestParallelGuessesAreAllCounted(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	var wg sync.WaitGroup
	var mu sync.Mutex
	guessed := 0
	for range 50 {
		wg.Go(func() {
			_, err := db.LogIn(t.Context(), "anna", "not the password", models.Origin{Address: "192.0.2.1"})
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, models.ErrLogin) {
				guessed++
			}
		})
	}
	wg.Wait()
	if guessed > 5 {
		t.Errorf("%d of 50 parallel guesses were looked at, want at most 5", guessed)
	}
}

func TestOneNetworkIsSlowedDownAsOneAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ip   func(i int) string
		want bool
	}{
		"an IPv6 line":           {func(i int) string { return fmt.Sprintf("2001:db8:0:1::%x", i+1) }, true},
		"addresses of their own": {func(i int) string { return fmt.Sprintf("192.0.2.%d", i+1) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			db := modelstest.New(t)
			var throttled models.Throttled
			for i := range 30 {
				_, err := db.LogIn(t.Context(), fmt.Sprintf("guess-%d", i), "not the password", models.Origin{Address: test.ip(i)})
				if !errors.As(err, &throttled) && !errors.Is(err, models.ErrLogin) {
					t.Fatal(err)
				}
			}
			if got := !throttled.Until.IsZero(); got != test.want {
				t.Errorf("slowed down: got %v, want %v", got, test.want)
			}
		})
	}
}

func TestAnAddressThatIsSlowedDownCannotSlowDownAnAccount(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	for i := range 25 {
		db.LogIn(t.Context(), fmt.Sprintf("guess-%d", i), "not the password", models.Origin{Address: "192.0.2.9"})
	}
	for range 10 {
		var throttled models.Throttled
		if _, err := db.LogIn(t.Context(), "anna", "not the password", models.Origin{Address: "192.0.2.9"}); !errors.As(err, &throttled) {
			t.Fatalf("got %v, want Throttled", err)
		}
	}
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"}); err != nil {
		t.Errorf("anna from elsewhere: %v", err)
	}
}

func TestAClockBehindAnothersSlowsNobodyDown(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	for _, name := range []string{"anna", "boris", "clara"} {
		modelstest.Staff(t, db, name, models.RoleAgent, true)
		c.turn(-time.Second) // another web process; or the same one, if two people log in in parallel
		if _, err := db.LogIn(t.Context(), name, "not the password", models.Origin{Address: "192.0.2.1"}); !errors.Is(err, models.ErrLogin) {
			t.Errorf("%s mistyped: got %v, want ErrLogin", name, err)
		}
		c.turn(-time.Second)
		if _, err := db.LogIn(t.Context(), name, modelstest.Password, models.Origin{Address: "192.0.2.1"}); err != nil {
			t.Errorf("%s from the same office: got %v", name, err)
		}
	}
}

func TestGuessesOfTheOldPasswordAreSlowedDown(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	v := modelstest.Viewer(t, db, "anna")
	var throttled models.Throttled
	for range 10 {
		if _, err := db.SetPassword(t.Context(), v, "not the password", "a completely new one"); errors.As(err, &throttled) {
			return
		}
	}
	t.Error("ten guesses were all looked at")
}

func TestALoginThatMeetsANewPasswordFails(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	db, err := models.Open(t.Context(), address, models.Options{Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	v := modelstest.Viewer(t, db, "anna")
	done := make(chan error, 1)
	err = db.Tx(t.Context(), func(tx *models.DB) error {
		if _, err := tx.SetPassword(t.Context(), v, modelstest.Password, "a completely new one"); err != nil {
			return err
		}
		go func() { // the old password is still right when LogIn checks it
			_, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.1"})
			done <- err
		}()
		awaitLock(t, address)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, models.ErrLogin) {
		t.Errorf("got %v, want ErrLogin", err)
	}
}

func TestANameOfAnyAlphabetLogsInOnAnyDatabase(t *testing.T) {
	t.Parallel()
	address := modelstest.EmptyURL(t)
	admin := connect(t, address)
	exec := func(statement string) {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE DATABASE plain_c TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'") // its lower() only knows A to Z
	defer exec("DROP DATABASE plain_c")
	plain, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	plain.Path = "/plain_c"
	db, err := models.Open(t.Context(), plain.String(), models.Options{Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	modelstest.Staff(t, db, "Ömer", models.RoleAgent, true)
	modelstest.LogIn(t, db, "Ömer")
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"short": "at least", "qwertyuiop123": "common", "PeanutButter": "common", "ANNA is my name": "username", strings.Repeat("x", 129): "at most",
		"this one is fine": "",
		"Summer2026!!":     "common words", "2026Winter2026": "common words", "Welcome-12345678": "common words", "P@ssw0rd!2026": "common words", "SummerWinter2026": "common words",
		"zzzzzzzzzzzzz": "run", "abcabcabcabc": "run", "9876543210987": "run", "qwertyuiopas": "run", "asdfghjkl1234": "run", "1qaz2wsx3edc4": "run", "hunterhunter": "run",
		"correct horse battery": "", "summer in lisbon, again": "", "my 4 cats sleep till 9": "", "kXq7-mZp2-vRt9": "", "Autumn leaves are brown 2026": "",
		"пароль для панели": "", "12 chars long!": "", "abc is where i start": "",
	} {
		got := models.PasswordProblem(password, "anna")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%.20q: got %q, want %q", password, got, want)
		}
	}
}

func TestNewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	other := modelstest.LogIn(t, db, "anna")
	v := modelstest.Viewer(t, db, "anna")

	var invalid models.Invalid
	if _, err := db.SetPassword(t.Context(), v, "wrong", "a completely new one"); !errors.As(err, &invalid) {
		t.Errorf("wrong old password: got %v, want Invalid", err)
	}
	if _, err := db.SetPassword(t.Context(), v, modelstest.Password, "a completely new one"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ViewerOf(t.Context(), other, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the other session: got %v, want ErrNotFound", err)
	}
}
