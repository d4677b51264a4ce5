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
	p := modelstest.Panel(t, old, modelstest.Owner(t, old), "Alpha", "https://alpha.example")

	both := open(seal.New(newKey, oldKey))
	for want := range []int{1, 0} { // the second run finds nothing to do
		want = 1 - want
		if got, err := both.RotateKeys(t.Context()); err != nil || got != want {
			t.Errorf("rotated %d panels, %v, want %d", got, err, want)
		}
	}
	access, err := open(seal.New(newKey)).PanelAccess(t.Context(), p.ID)
	if err != nil || access.AdminKey.Reveal() != "admin-key-of-Alpha" {
		t.Errorf("with the new key alone: %v, %v", access.AdminKey, err)
	}
	if _, err := old.PanelAccess(t.Context(), p.ID); err == nil {
		t.Error("the old key still opens it")
	}
}
