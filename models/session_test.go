package models_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestSessionsEndWhenTheSettingsSay(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	owner := modelstest.Owner(t, db)
	if err := db.SetLoginSettings(t.Context(), owner, models.LoginSettings{IdleMinutes: 30, LongestMinutes: 60}); err != nil {
		t.Fatal(err)
	}
	token := modelstest.LogIn(t, db, "owner")
	c.turn(29 * time.Minute)
	if _, ends, err := db.ViewerOf(t.Context(), token, true); err != nil || ends.Sub(c.now()) != 30*time.Minute {
		t.Errorf("used within half an hour: ends in %s, %v, want 30 minutes", ends.Sub(c.now()), err)
	}
	c.turn(29 * time.Minute)
	if _, ends, err := db.ViewerOf(t.Context(), token, true); err != nil || ends.Sub(c.now()) != 2*time.Minute {
		t.Errorf("before the hour: ends in %s, %v, want 2 minutes", ends.Sub(c.now()), err)
	}
	c.turn(2 * time.Minute)
	if _, _, err := db.ViewerOf(t.Context(), token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("after an hour of use: got %v, want ErrNotFound", err)
	}
}

func TestOnlyAnOwnerChangesHowPeopleLogIn(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	settings := models.LoginSettings{IdleMinutes: 240, LongestMinutes: 840, EverybodyTwoFactor: true}
	if err := db.SetLoginSettings(t.Context(), models.Viewer{Role: models.RoleAdmin}, settings); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an admin: got %v, want ErrNotAllowed", err)
	}
	if err := db.SetLoginSettings(t.Context(), owner, settings); err != nil {
		t.Fatal(err)
	}
	if v := modelstest.Viewer(t, db, "owner"); !v.Standing.MustSetUpSecondFactor {
		t.Error("an owner without a second factor is not led to set one up")
	}
	for _, wrong := range []models.LoginSettings{{IdleMinutes: 1, LongestMinutes: 60}, {IdleMinutes: 60, LongestMinutes: 30}, {IdleMinutes: 60, LongestMinutes: 99999}} {
		var invalid models.Invalid
		if err := db.SetLoginSettings(t.Context(), owner, wrong); !errors.As(err, &invalid) {
			t.Errorf("%+v: got %v, want Invalid", wrong, err)
		}
	}
}

func TestOneSeesAndEndsOnesOwnSessionsOnly(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	modelstest.Staff(t, db, "ben", models.RoleAgent, true)
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	phone, err := db.LogIn(t.Context(), "anna", modelstest.Password, models.Origin{Address: "192.0.2.7", UserAgent: firefox})
	if err != nil {
		t.Fatal(err)
	}
	c.turn(time.Minute)
	v := modelstest.Viewer(t, db, "anna")
	ben := modelstest.Viewer(t, db, "ben")

	all, err := db.Sessions(t.Context(), v)
	if err != nil || len(all) != 2 {
		t.Fatalf("got %d sessions, %v, want 2", len(all), err)
	}
	if !all[0].IsThisBrowser || all[1].IsThisBrowser || all[1].Device != "Firefox 128 on Linux" || all[1].Address != "192.0.2.7" {
		t.Errorf("got %+v", all)
	}
	if err := db.EndSession(t.Context(), ben, all[1].ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("another's session: got %v, want ErrNotFound", err)
	}
	if err := db.EndSession(t.Context(), v, all[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ViewerOf(t.Context(), phone.Token, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the ended session: got %v, want ErrNotFound", err)
	}
	other := modelstest.LogIn(t, db, "anna")
	if err := db.EndOtherSessions(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ViewerOf(t.Context(), other, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the other session: got %v, want ErrNotFound", err)
	}
	if all, err := db.Sessions(t.Context(), v); err != nil || len(all) != 1 {
		t.Errorf("got %d sessions, %v, want this one", len(all), err)
	}
}

func TestAProofOfWhoOneIsLastsTenMinutesAndMovesTheToken(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	old := modelstest.LogIn(t, db, "anna")
	viewer := func(token string) models.Viewer {
		t.Helper()
		v, _, err := db.ViewerOf(t.Context(), token, true)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if !viewer(old).Standing.Recent(c.now()) {
		t.Error("a login is no proof")
	}
	c.turn(models.RecentFor)
	if viewer(old).Standing.Recent(c.now()) {
		t.Error("a login is a proof for ever")
	}
	var invalid models.Invalid
	if _, err := db.Confirm(t.Context(), viewer(old), "not the password"); !errors.As(err, &invalid) {
		t.Errorf("a wrong password: got %v, want Invalid", err)
	}
	token, err := db.Confirm(t.Context(), viewer(old), modelstest.Password)
	if err != nil {
		t.Fatal(err)
	}
	if !viewer(token).Standing.Recent(c.now()) {
		t.Error("the password is no proof")
	}
	if _, _, err := db.ViewerOf(t.Context(), old, true); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the old token: got %v, want ErrNotFound", err)
	}
}

func TestACodeProvesWhoOneIsOnce(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := modelstest.NewAt(t, c.now)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	token := modelstest.LogIn(t, db, "anna")
	app := modelstest.TurnOnSecondFactor(t, db, "anna", c.now)
	c.turn(time.Hour)
	for i, want := range []error{nil, models.ErrCode} {
		v, _, err := db.ViewerOf(t.Context(), token, true)
		if err != nil {
			t.Fatal(err)
		}
		next, err := db.Confirm(t.Context(), v, app.Code())
		if !errors.Is(err, want) {
			t.Errorf("try %d: got %v, want %v", i+1, err, want)
		}
		token = next
	}
}

func TestAFormThatWaitsForAProofOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	v, other := modelstest.Viewer(t, db, "anna"), modelstest.Viewer(t, db, "anna")
	sealed, err := db.SealForm(v, "/settings/panels", []byte("name=Alpha"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := db.OpenForm(v, "/settings/panels", sealed); err != nil || string(body) != "name=Alpha" {
		t.Errorf("got %q, %v", body, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another session": func() ([]byte, error) { return db.OpenForm(other, "/settings/panels", sealed) },
		"another path":    func() ([]byte, error) { return db.OpenForm(v, "/settings/staff", sealed) },
		"another text":    func() ([]byte, error) { return db.OpenForm(v, "/settings/panels", "x"+sealed) },
	} {
		if _, err := open(); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
}

func TestAWeakHashIsMadeAnewAtTheNextLogin(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	db, err := models.Open(t.Context(), address, models.Options{Box: modelstest.Box(t), Now: modelstest.Clock(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	modelstest.Staff(t, db, "anna", models.RoleAgent, true)
	conn := connect(t, address)
	// The hash of "a long enough phrase" with 8 KiB, one pass and one lane.
	const weak = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
	if _, err := conn.ExecContext(t.Context(), "UPDATE staff SET password_hash = $1", weak+weakKey()); err != nil {
		t.Fatal(err)
	}
	modelstest.LogIn(t, db, "anna")
	var hash string
	if err := conn.QueryRowContext(t.Context(), "SELECT password_hash FROM staff").Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !contains(hash, "$m=19456,t=2,p=1$") {
		t.Errorf("the hash is still %.40s", hash)
	}
	modelstest.LogIn(t, db, "anna")
}

func weakKey() string {
	key := argon2.IDKey([]byte(modelstest.Password), []byte("saltsaltsaltsalt"), 1, 8, 1, 32)
	return base64.RawStdEncoding.EncodeToString(key)
}
