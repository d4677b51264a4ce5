package models_test

import (
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
	"masterpanel/models/seal"
)

func TestRotatedKeysOpenWithTheNewKeyAlone(t *testing.T) {
	url := modelstest.URL(t)
	open := func(box *seal.Box) *models.DB {
		db, err := models.Open(t.Context(), url, models.Options{Box: box})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	oldKey, err := seal.ParseKey(modelstest.Key)
	if err != nil {
		t.Fatal(err)
	}
	newKey, err := seal.ParseKey("bmV3IGtleTogdGhpcnR5LXR3byBieXRlcyBpbiBhbGw=")
	if err != nil {
		t.Fatal(err)
	}
	old := open(seal.New(oldKey))
	owner := modelstest.Owner(t, old)
	p := modelstest.Panel(t, old, owner, "Alpha", "https://alpha.example")
	if err := old.BeginSecondFactor(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	before, err := old.SecondFactorSetUp(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}

	both := open(seal.New(newKey, oldKey))
	for _, want := range []models.Rotated{{Panels: 1, SecondFactors: 1}, {}} { // the second run finds nothing to do
		if got, err := both.RotateKeys(t.Context()); err != nil || got != want {
			t.Errorf("rotated %+v, %v, want %+v", got, err, want)
		}
	}
	said, err := both.Activities(t.Context(), modelstest.Viewer(t, both, "owner"), parse(t, models.ActivityList, "action=keys.rotate"))
	if err != nil || len(said.Rows) != 2 || said.Rows[0].Username != "command line" || said.Rows[0].StaffID != 0 {
		t.Errorf("the log says %+v, %v, want two by the command line", said.Rows, err)
	}
	alone := open(seal.New(newKey))
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
