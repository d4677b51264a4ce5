package models_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// Addresses of a stranger, of the member's office and of a place where the member never was.
var (
	stranger  = models.Origin{Address: "198.51.100.7"}
	workplace = models.Origin{Address: "192.0.2.1"}
	elsewhere = models.Origin{Address: "203.0.113.9"}
)

// on returns the origin of a device in the office.
func on(device string) models.Origin {
	return models.Origin{Address: workplace.Address, Device: device}
}

// member adds a member, logs them in and returns the token of their device.
func member(t testing.TB, db *models.DB, name string) string {
	t.Helper()
	modelstest.Staff(t, db, name, models.RoleAgent, true)
	return must(db.LogIn(t.Context(), name, modelstest.Password, workplace))(t).Device
}

// lockOut guesses at an account, each time from another network, until its budget is spent. It returns the guesses.
func lockOut(t testing.TB, db *models.DB, name string) (guesses int) {
	t.Helper()
	for ; guesses < 200; guesses++ {
		from := models.Origin{Address: fmt.Sprintf("198.18.%d.%d", guesses/250, guesses%250)}
		_, err := db.LogIn(t.Context(), name, "not the password", from)
		if isThrottled(err) {
			return guesses
		}
		if !errors.Is(err, models.ErrLogin) {
			t.Fatal(err)
		}
	}
	t.Fatal("200 guesses from many networks were all looked at")
	return 0
}

func isThrottled(err error) bool {
	var throttled models.Throttled
	return errors.As(err, &throttled)
}

func TestWrongPasswordsFromOneAddressSlowDownThatNetworkOnly(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	for range 5 {
		if _, err := db.LogIn(t.Context(), "anna", "not the password", stranger); !errors.Is(err, models.ErrLogin) {
			t.Fatal(err)
		}
	}
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, stranger); !isThrottled(err) {
		t.Errorf("the stranger's sixth try: got %v, want Throttled", err)
	}
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, workplace); err != nil {
		t.Errorf("anna on a new device elsewhere: %v", err)
	}
}

// TestOneNetworkNeverLocksOutTheOthers guesses for four days as often as the throttle allows, and lets the member log in
// on a new device after each guess.
func TestOneNetworkNeverLocksOutTheOthers(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	guesses := 0
	for end := c.now().Add(4 * 24 * time.Hour); c.now().Before(end); {
		_, err := db.LogIn(t.Context(), "anna", "not the password", stranger)
		var throttled models.Throttled
		switch {
		case errors.As(err, &throttled):
			c.turn(throttled.Until.Sub(c.now()))
		case errors.Is(err, models.ErrLogin):
			guesses++
		default:
			t.Fatal(err)
		}
		if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, elsewhere); err != nil {
			t.Fatalf("anna on a new device after %d guesses: %v", guesses, err)
		}
	}
	t.Logf("%d guesses from one network were looked at in 4 days", guesses)
}

func TestAStrangerCannotLockOutADeviceThatLoggedInBefore(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	device := member(t, db, "anna")
	lockOut(t, db, "anna")
	for range 30 { // from the office too
		db.LogIn(t.Context(), "anna", "not the password", workplace)
		db.LogIn(t.Context(), "guess", "not the password", workplace)
	}
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, elsewhere); !isThrottled(err) {
		t.Errorf("a new device: got %v, want Throttled", err)
	}
	if _, err := db.LogIn(t.Context(), "ANNA ", modelstest.Password, on(device)); err != nil {
		t.Errorf("the known device: %v", err)
	}
}

func TestAnUnknownNameIsSlowedDownAsAKnownOne(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	if known, unknown := lockOut(t, db, "anna"), lockOut(t, db, "boris"); known != unknown {
		t.Errorf("%d guesses at a name that exists, %d at one that does not, want equal numbers", known, unknown)
	}
}

// TestADayOfGuessingOnAKnownDeviceIsAHundredGuesses is about a person who holds the device of another.
func TestADayOfGuessingOnAKnownDeviceIsAHundredGuesses(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	device := member(t, db, "anna")
	other := must(db.LogIn(t.Context(), "anna", modelstest.Password, workplace))(t).Device
	guesses := c.guessesInADay(t, func(int) error {
		_, err := db.LogIn(t.Context(), "anna", "not the password", on(device))
		return err
	}, func() {
		if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, on(other)); err != nil {
			t.Fatalf("another device while this one is slowed down: %v", err)
		}
	})
	t.Logf("%d guesses on one device were looked at in 24 hours", guesses)
	if guesses > 110 {
		t.Errorf("%d guesses, want about a hundred", guesses)
	}
}

func TestADeviceIsKnownForItsOwnMembersOnly(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	annas := member(t, db, "anna")
	member(t, db, "boris")
	lockOut(t, db, "boris")
	if _, err := db.LogIn(t.Context(), "boris", modelstest.Password, on(annas)); !isThrottled(err) {
		t.Errorf("boris on anna's device: got %v, want Throttled", err)
	}
}

func TestTwoMembersShareADevice(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	device := member(t, db, "anna")
	modelstest.Staff(t, db, "boris", models.RoleAgent, true)
	if got := must(db.LogIn(t.Context(), "boris", modelstest.Password, on(device)))(t).Device; got != device {
		t.Error("the second member's login replaced the token of the device")
	}
	for _, name := range []string{"anna", "boris"} {
		lockOut(t, db, name)
		if _, err := db.LogIn(t.Context(), name, modelstest.Password, on(device)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPlantedDeviceTokenIsReplaced(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	if got := must(db.LogIn(t.Context(), "anna", modelstest.Password, on("planted")))(t).Device; got == "planted" || len(got) < 40 {
		t.Errorf("got the token %q, want a random one", got)
	}
}

func TestADeviceIsKnownForNinetyDaysAfterItsLastLogin(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	device := member(t, db, "anna")
	for range 2 {
		c.turn(models.DeviceMaxAge - time.Hour)
		if err := db.PurgeSessions(t.Context()); err != nil {
			t.Fatal(err)
		}
		lockOut(t, db, "anna")
		if got := must(db.LogIn(t.Context(), "anna", modelstest.Password, on(device)))(t).Device; got != device {
			t.Fatal("the login replaced the token of a known device")
		}
	}
	c.turn(models.DeviceMaxAge + time.Hour)
	lockOut(t, db, "anna")
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, on(device)); !isThrottled(err) {
		t.Errorf("after the 90 days: got %v, want Throttled", err)
	}
}

func TestOnlyTheNewestTwentyDevicesOfAMemberAreKnown(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	first := member(t, db, "anna")
	var last string
	for range 20 {
		c.turn(time.Minute)
		last = must(db.LogIn(t.Context(), "anna", modelstest.Password, workplace))(t).Device
	}
	lockOut(t, db, "anna")
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, on(first)); !isThrottled(err) {
		t.Errorf("the oldest of 21 devices: got %v, want Throttled", err)
	}
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, on(last)); err != nil {
		t.Errorf("the newest device: %v", err)
	}
}

func TestLoggingOutLeavesTheDeviceKnown(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	in := must(db.LogIn(t.Context(), "anna", modelstest.Password, workplace))(t)
	if err := db.LogOut(t.Context(), in.Token); err != nil {
		t.Fatal(err)
	}
	lockOut(t, db, "anna")
	if _, err := db.LogIn(t.Context(), "anna", modelstest.Password, on(in.Device)); err != nil {
		t.Error(err)
	}
}

func TestANewPasswordMakesTheOtherDevicesUnknown(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	other := member(t, db, "anna")
	in := must(db.LogIn(t.Context(), "anna", modelstest.Password, workplace))(t)
	v, _, err := db.ViewerOf(t.Context(), in.Token, true)
	if err != nil {
		t.Fatal(err)
	}
	const phrase = "a completely new one"
	if _, err := db.SetPassword(t.Context(), v, modelstest.Password, phrase); err != nil {
		t.Fatal(err)
	}
	lockOut(t, db, "anna")
	if _, err := db.LogIn(t.Context(), "anna", phrase, on(other)); !isThrottled(err) {
		t.Errorf("another device: got %v, want Throttled", err)
	}
	if _, err := db.LogIn(t.Context(), "anna", phrase, on(in.Device)); err != nil {
		t.Errorf("the device on which the password was changed: %v", err)
	}
}

// TestWrongCodesElsewhereDoNotLockOutAKnownDevice is about a stranger who has the password and guesses at codes.
func TestWrongCodesElsewhereDoNotLockOutAKnownDevice(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	logIn := func(from models.Origin, code string) (models.LoggedIn, error) {
		in := must(db.LogIn(t.Context(), "anna", modelstest.Password, from))(t)
		if in.Device != "" {
			t.Fatal("the device is known before the code")
		}
		return db.LogInCode(t.Context(), in.Token, code, from)
	}
	c.turn(30 * time.Second)
	device := must(logIn(workplace, app.Code()))(t).Device
	for i := range 60 {
		if _, err := logIn(models.Origin{Address: fmt.Sprintf("198.18.0.%d", i)}, "000000"); err == nil {
			t.Fatal("000000 is the right code by chance")
		}
	}
	c.turn(30 * time.Second)
	if _, err := logIn(elsewhere, app.Code()); !isThrottled(err) {
		t.Errorf("a new device: got %v, want Throttled", err)
	}
	if _, err := logIn(on(device), app.Code()); err != nil {
		t.Errorf("the known device: %v", err)
	}
}
