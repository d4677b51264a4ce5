package models_test

import (
	"context"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/seal"
)

func TestRotatedKeysOpenWithTheNewKeyAlone(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	oldKey, newKey := parseKey(t, modelstest.Key), parseKey(t, "bmV3IGtleTogdGhpcnR5LXR3byBieXRlcyBpbiBhbGw=")
	old := openWith(t, url, oldKey)
	owner := modelstest.Owner(t, old)
	p := modelstest.Panel(t, old, owner, "Alpha", "https://alpha.example")
	if err := old.BeginSecondFactor(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	before, err := old.SecondFactorSetUp(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}

	both := openWith(t, url, newKey, oldKey)
	for _, want := range []models.Rotated{{Panels: 1, SecondFactors: 1}, {}} { // the second run finds nothing to do
		if got, err := both.RotateKeys(t.Context()); err != nil || got != want {
			t.Errorf("rotated %+v, %v, want %+v", got, err, want)
		}
	}
	said, err := both.Activities(t.Context(), modelstest.Viewer(t, both, "owner"), parse(t, models.ActivityList, "action=keys.rotate"))
	if err != nil || len(said.Rows) != 2 || said.Rows[0].Username != "command line" || said.Rows[0].StaffID != 0 {
		t.Errorf("the log says %+v, %v, want two by the command line", said.Rows, err)
	}
	alone := openWith(t, url, newKey)
	if after, err := alone.SecondFactorSetUp(t.Context(), owner); err != nil || after.Seed.Reveal() != before.Seed.Reveal() {
		t.Errorf("the seed with the new key alone: %v", err)
	}
	access, err := alone.PanelAccess(t.Context(), p.ID)
	if err != nil || access.AdminKey.Reveal() != "admin-key-of-Alpha" {
		t.Errorf("with the new key alone: %v, %v", access.AdminKey, err)
	}
	if _, err := old.PanelAccess(t.Context(), p.ID); err == nil {
		t.Error("the old key still opens it")
	}
}

// TestARotationThatIsKilledIsFinishedByTheNext stops a rotation at a panel that another transaction has locked, as a
// kill would: finished rows stay rotated, other rows are unchanged, everything opens with both keys, and the next run
// finishes the rest.
func TestARotationThatIsKilledIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	oldKey, newKey := parseKey(t, modelstest.Key), parseKey(t, "bmV3IGtleTogdGhpcnR5LXR3byBieXRlcyBpbiBhbGw=")
	old, both, alone := openWith(t, url, oldKey), openWith(t, url, newKey, oldKey), openWith(t, url, newKey)
	owner := modelstest.Owner(t, old)
	var ids []int64
	for _, name := range []string{"Alpha", "Beta", "Gamma"} {
		ids = append(ids, modelstest.Panel(t, old, owner, name, "https://"+name+".example").ID)
	}
	held, err := connect(t, url).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Rollback()
	if _, err := held.ExecContext(t.Context(), "SELECT FROM panels WHERE id = $1 FOR UPDATE", ids[1]); err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(t.Context())
	killed := make(chan error, 1)
	go func() {
		_, err := both.RotateKeys(ctx)
		killed <- err
	}()
	awaitLock(t, url)
	kill()
	if err := <-killed; err == nil {
		t.Fatal("the rotation went through what somebody else held")
	}
	held.Rollback()
	for i, id := range ids {
		must(both.PanelAccess(t.Context(), id))(t)
		if _, err := alone.PanelAccess(t.Context(), id); (err == nil) != (i == 0) {
			t.Errorf("panel %d of 3 with the new key alone: %v", i+1, err)
		}
	}
	if got, err := both.RotateKeys(t.Context()); err != nil || got.Panels != 2 {
		t.Errorf("the next run sealed %+v again, %v, want the 2 that were left", got, err)
	}
	for _, id := range ids {
		must(alone.PanelAccess(t.Context(), id))(t)
	}
}

// TestTheSealedPasswordOfANewUserOutlivesARotation covers the secret of an action that waits during the rotation.
func TestTheSealedPasswordOfANewUserOutlivesARotation(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	oldKey, newKey := parseKey(t, modelstest.Key), parseKey(t, "bmV3IGtleTogdGhpcnR5LXR3byBieXRlcyBpbiBhbGw=")
	old, both, alone := openWith(t, url, oldKey), openWith(t, url, newKey, oldKey), openWith(t, url, newKey)
	owner := modelstest.Owner(t, old)
	panel := modelstest.Panel(t, old, owner, "Alpha", "https://alpha.example").ID
	owner = modelstest.Viewer(t, old, "owner")
	add := func(name string) models.PanelAction {
		t.Helper()
		return must(old.Enqueue(t.Context(), owner, models.NewAction{Key: name, Kind: models.KindAddUser, PanelID: panel, TargetName: name,
			Payload: models.ActionPayload{Email: name + "@mail.example"}, Secret: seal.Secret("open-sesame-" + name)}))(t)
	}
	waits, ended := add("anna"), add("carl")
	if _, err := old.CancelAction(t.Context(), owner, ended.ID); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} { // an ended action has no secret, and the second run finds nothing to do
		if got, err := both.RotateKeys(t.Context()); err != nil || got.Actions != want {
			t.Errorf("sealed %+v again, %v, want %d actions", got, err, want)
		}
	}
	if got := must(alone.ActionSecret(t.Context(), waits.ID))(t); got.Reveal() != "open-sesame-anna" {
		t.Error("the password is another with the new key alone")
	}
	if _, err := old.ActionSecret(t.Context(), waits.ID); err == nil {
		t.Error("the old key still opens it")
	}
	said := must(alone.Activities(t.Context(), owner, parse(t, models.ActivityList, "action=keys.rotate")))(t)
	if len(said.Rows) != 2 { // the panel's keys and this action
		t.Errorf("the log says %+v, want two", said.Rows)
	}
}

func parseKey(t *testing.T, text string) seal.Key {
	t.Helper()
	return must(seal.ParseKey(text))(t)
}

func openWith(t *testing.T, url string, primary seal.Key, old ...seal.Key) *models.DB {
	t.Helper()
	db := must(models.Open(t.Context(), url, models.Options{Box: seal.New(primary, old...), Now: modelstest.Clock(t)}))(t)
	t.Cleanup(func() { db.Close() })
	return db
}
