package modelstest

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"masterpanel/models"
)

// App is a person's authenticator app, with their recovery codes.
type App struct {
	Recovery []string
	Seed     string

	t   testing.TB
	now func() time.Time
}

// Code returns the code that the app shows now.
func (a App) Code() string { return a.CodeAt(a.now()) }

// CodeAt returns the code that the app shows at a time.
func (a App) CodeAt(at time.Time) string {
	a.t.Helper()
	code, err := totp.GenerateCode(a.Seed, at)
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// NewApp returns an app with a seed; a nil now means the test's clock.
func NewApp(t testing.TB, seed string, now func() time.Time) App {
	if now == nil {
		now = Clock(t)
	}
	return App{Seed: seed, t: t, now: now}
}

// TurnOnSecondFactor sets up a second factor for a staff member without one, in a new session. It uses up the code of
// the current half minute.
func TurnOnSecondFactor(t testing.TB, db *models.DB, username string, now func() time.Time) App {
	t.Helper()
	v := Viewer(t, db, username)
	if err := db.BeginSecondFactor(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	setUp, err := db.SecondFactorSetUp(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	app := NewApp(t, setUp.Seed.Reveal(), now)
	if app.Recovery, _, err = db.ConfirmSecondFactor(t.Context(), v, app.Code()); err != nil {
		t.Fatal(err)
	}
	return app
}
