package models_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/seal"
)

const otherKey, thirdKey = "b3RoZXIga2V5OiB0aGlydHktdHdvIGJ5dGVzICA6LSk=", "dGhpcmQga2V5OiB0aGlydHktdHdvIGJ5dGVzICA6LSk="

func TestAKeyIsCheckedAgainstOneSecretBeforeThereIsACheckWord(t *testing.T) {
	t.Parallel()
	right, other := parseKey(t, modelstest.Key), parseKey(t, otherKey)
	for name, sealSomething := range map[string]func(*models.DB){
		"a panel's key": func(db *models.DB) {
			modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
		},
		"a seed": func(db *models.DB) {
			if err := db.BeginSecondFactor(t.Context(), modelstest.Owner(t, db)); err != nil {
				t.Fatal(err)
			}
		},
		"a new user's password": func(db *models.DB) {
			owner := modelstest.Owner(t, db)
			panel := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example").ID
			must(db.Enqueue(t.Context(), modelstest.Viewer(t, db, "owner"), models.NewAction{Key: "k", Kind: models.KindAddUser, PanelID: panel, TargetName: "anna",
				Payload: models.ActionPayload{Email: "anna@mail.example"}, Secret: seal.Secret("open-sesame")}))(t)
		},
	} {
		url := modelstest.URL(t)
		sealSomething(openWith(t, url, right))
		if name == "a new user's password" {
			must(connect(t, url).ExecContext(t.Context(), "UPDATE panels SET admin_key_sealed = '', services_key_sealed = ''"))(t)
		}
		for range 2 { // a refusal writes no check word
			if err := openWith(t, url, other).CheckKey(t.Context()); !errors.Is(err, models.ErrKey) {
				t.Errorf("%s: another key got %v, want ErrKey", name, err)
			}
		}
		if err := openWith(t, url, other, right).CheckKey(t.Context()); err != nil {
			t.Errorf("%s: with the right key as an old one: %v", name, err)
		}
		if err := openWith(t, url, right).CheckKey(t.Context()); !errors.Is(err, models.ErrKey) {
			t.Errorf("%s: the word is sealed by the newer key, but the old one alone got %v", name, err)
		}
	}
}

func TestOfManyKeysThatStartAtOnceOnAnEmptyDatabaseOneWins(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	keys := []seal.Key{parseKey(t, modelstest.Key), parseKey(t, otherKey), parseKey(t, thirdKey)}
	const each = 4
	var group sync.WaitGroup
	results := make([]error, each*len(keys))
	for i := range results {
		db := openWith(t, url, keys[i%len(keys)])
		group.Go(func() { results[i] = db.CheckKey(t.Context()) })
	}
	group.Wait()
	won := 0
	for i := range keys {
		err := openWith(t, url, keys[i]).CheckKey(t.Context())
		if err == nil {
			won++
		}
		for n := i; n < len(results); n += len(keys) {
			if (results[n] == nil) != (err == nil) || results[n] != nil && !errors.Is(results[n], models.ErrKey) {
				t.Errorf("key %d: a process that started with others got %v, one later %v", i, results[n], err)
			}
		}
	}
	if won != 1 {
		t.Errorf("%d of 3 keys were accepted, want one", won)
	}
}

func TestARotationSealsTheCheckWordLast(t *testing.T) {
	t.Parallel()
	url := modelstest.URL(t)
	old, renewed := parseKey(t, modelstest.Key), parseKey(t, otherKey)
	db := openWith(t, url, old)
	modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	if err := db.CheckKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	both, alone := openWith(t, url, renewed, old), openWith(t, url, renewed)
	if err := errors.Join(both.CheckKey(t.Context()), both.CheckKey(t.Context())); err != nil {
		t.Errorf("both keys: %v", err)
	}
	if err := alone.CheckKey(t.Context()); !errors.Is(err, models.ErrKey) {
		t.Errorf("before the rotation the new key alone got %v, want ErrKey", err)
	}
	for range 2 {
		must(both.RotateKeys(t.Context()))(t)
		if err := alone.CheckKey(t.Context()); err != nil {
			t.Errorf("after the rotation: %v", err)
		}
	}
	if err := db.CheckKey(t.Context()); !errors.Is(err, models.ErrKey) {
		t.Errorf("after the rotation the old key alone got %v, want ErrKey", err)
	}
}

// TestAfterALostKeyTheStatementsOfTheManualLetANewOneIn runs the statements from OPERATING.md.
func TestAfterALostKeyTheStatementsOfTheManualLetANewOneIn(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(manual), "When the key is lost")
	_, after, open := strings.Cut(after, "```sql\n")
	statements, _, closed := strings.Cut(after, "```")
	if !found || !open || !closed {
		t.Fatal("OPERATING.md does not say what to do when the key is lost")
	}
	url := modelstest.URL(t)
	lost := openWith(t, url, parseKey(t, modelstest.Key))
	owner := modelstest.Owner(t, lost)
	panel := modelstest.Panel(t, lost, owner, "Alpha", "https://alpha.example")
	if err := errors.Join(lost.BeginSecondFactor(t.Context(), owner), lost.CheckKey(t.Context())); err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(strings.TrimSpace(statements), "\n") {
		must(connect(t, url).ExecContext(t.Context(), statement))(t)
	}
	renewed := openWith(t, url, parseKey(t, otherKey))
	if err := renewed.CheckKey(t.Context()); err != nil {
		t.Error(err)
	}
	if access := must(renewed.PanelAccess(t.Context(), panel.ID))(t); access.AdminKey != "" {
		t.Errorf("the panel has the key %v, want none", access.AdminKey)
	}
}
