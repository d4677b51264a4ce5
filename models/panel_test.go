package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestKeysAreKeptSealedAndShownAsFourCharacters(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	in := models.PanelInput{Name: "Alpha", ShortCode: "alp", Colour: "green", URL: "https://alpha.example", AdminAPIKey: "canary-admin-key-1234"}
	p, err := db.CreatePanel(t.Context(), owner, in)
	if err != nil {
		t.Fatal(err)
	}
	if p.AdminKeyLast4 != "1234" || contains(fmt.Sprintf("%+v %s", p, p.AdminKeySealed), "canary") {
		t.Errorf("the key is readable: %+v", p)
	}
	access, err := db.PanelAccess(t.Context(), p.ID)
	if err != nil || access.AdminKey.Reveal() != in.AdminAPIKey || access.ServicesKey != "" {
		t.Errorf("the worker gets %v, %v", access, err)
	}
	if contains(fmt.Sprintf("%v %+v %#v", access, access, access), "canary") {
		t.Error("printing the access prints the key")
	}

	owner = modelstest.Viewer(t, db, "owner")
	in.AdminAPIKey, in.ServicesAPIKey = "", "services-key-5678"
	if _, err := db.UpdatePanel(t.Context(), owner, p.ID, in); err != nil {
		t.Fatal(err)
	}
	access, err = db.PanelAccess(t.Context(), p.ID)
	if err != nil || access.AdminKey.Reveal() != "canary-admin-key-1234" || access.ServicesKey.Reveal() != "services-key-5678" {
		t.Errorf("a blank field did not keep the key: %v", err)
	}
}

func TestAKeyIsNotSentToAnAddressItWasNotEnteredFor(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	in := models.PanelInput{Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL, ServicesAPIKey: "services-key"}
	if _, err := db.UpdatePanel(t.Context(), owner, p.ID, in); err != nil {
		t.Fatal(err)
	}
	in.URL, in.ServicesAPIKey = "https://elsewhere.example", ""
	var invalid models.Invalid
	for _, answer := range []models.ShopAnswer{"", models.AnotherShop, "what?"} {
		in.Shop = answer
		if _, err := db.UpdatePanel(t.Context(), owner, p.ID, in); !errors.As(err, &invalid) || invalid["shop"] == "" {
			t.Errorf("moved with the answer %q: got %v, want the question", answer, err)
		}
	}
	in.Shop = models.SameShop
	_, err := db.UpdatePanel(t.Context(), owner, p.ID, in)
	if !errors.As(err, &invalid) || invalid["admin_api_key"] == "" || invalid["services_api_key"] == "" {
		t.Errorf("moved with the stored keys: got %v, want both asked for", err)
	}
	in.AdminAPIKey, in.ServicesAPIKey = "admin-key-again", "-"
	if _, err := db.UpdatePanel(t.Context(), owner, p.ID, in); err != nil {
		t.Errorf("moved with its keys: %v", err)
	}
}

func TestTwoChangesOfAPanelAtOnceKeepTheNewKey(t *testing.T) {
	t.Parallel()
	address := modelstest.URL(t)
	db, err := models.Open(t.Context(), address, modelstest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	renamed := make(chan error, 1)
	in := models.PanelInput{Name: "Omega", ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL}
	err = db.Tx(t.Context(), func(tx *models.DB) error {
		withKey := in
		withKey.AdminAPIKey = "a-new-admin-key"
		if _, err := tx.UpdatePanel(t.Context(), owner, p.ID, withKey); err != nil {
			return err
		}
		go func() { _, err := db.UpdatePanel(t.Context(), owner, p.ID, in); renamed <- err }()
		awaitLock(t, address)
		return nil
	})
	if err := errors.Join(err, <-renamed); err != nil {
		t.Fatal(err)
	}
	access, err := db.PanelAccess(t.Context(), p.ID)
	if err != nil || access.AdminKey.Reveal() != "a-new-admin-key" {
		t.Errorf("the change without a key brought the old one back: %v", err)
	}
}

func TestAPanelsNameIsMeasuredInCharacters(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	name := strings.Repeat("Ş", 80)
	p := modelstest.Panel(t, db, modelstest.Owner(t, db), "Alpha", "https://alpha.example")
	owner := modelstest.Viewer(t, db, "owner")
	in := models.PanelInput{Name: name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL}
	if got, err := db.UpdatePanel(t.Context(), owner, p.ID, in); err != nil || got.Name != name {
		t.Errorf("got %q, %v, want all of it", got.Name, err)
	}
}

func TestBadPanelInputIsExplainedByField(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	good := models.PanelInput{Name: "Beta", ShortCode: "BETA", Colour: "red", URL: "https://beta.example", AdminAPIKey: "some-admin-key"}
	for field, spoil := range map[string]func(*models.PanelInput){
		"name":             func(in *models.PanelInput) { in.Name = " " },
		"short_code":       func(in *models.PanelInput) { in.ShortCode = "alpha" },
		"colour":           func(in *models.PanelInput) { in.Colour = "red;}" },
		"url":              func(in *models.PanelInput) { in.URL = "https://alpha.example" },
		"admin_api_key":    func(in *models.PanelInput) { in.AdminAPIKey = "" },
		"services_api_key": func(in *models.PanelInput) { in.ServicesAPIKey = "two words" },
	} {
		in := good
		spoil(&in)
		_, err := db.CreatePanel(t.Context(), owner, in)
		var invalid models.Invalid
		if !errors.As(err, &invalid) || invalid[field] == "" {
			t.Errorf("%s: got %v, want a message for it", field, err)
		}
	}
	if _, err := db.CreatePanel(t.Context(), models.Viewer{Role: models.RoleAgent}, good); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("an agent adds a panel: got %v, want ErrNotAllowed", err)
	}
}

func TestARemovedPanelLeavesNothing(t *testing.T) {
	t.Parallel()
	db := modelstest.New(t)
	owner := modelstest.Owner(t, db)
	p := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	owner = modelstest.Viewer(t, db, "owner")
	modelstest.PutOrders(t, db, p.ID, modelstest.Order(p.ID, 1), modelstest.Order(p.ID, 2), modelstest.Order(p.ID, 3))

	var invalid models.Invalid
	if err := db.RemovePanel(t.Context(), owner, p.ID, "nope"); !errors.As(err, &invalid) {
		t.Errorf("without its short code: got %v, want Invalid", err)
	}
	if err := db.RemovePanel(t.Context(), owner, p.ID, "ALPHA"); err != nil {
		t.Fatal(err)
	}
	if v := modelstest.Viewer(t, db, "owner"); len(v.Panels) != 0 {
		t.Error("the removed panel is still shown")
	}
	steps := 0
	for done := false; !done; steps++ {
		var err error
		if done, err = db.PurgeRemovedPanel(t.Context(), p.ID, 2); err != nil {
			t.Fatal(err)
		}
	}
	left, err := db.RemovedPanels(t.Context())
	if err != nil || len(left) != 0 || steps != 3 {
		t.Errorf("after %d batches %v remain, %v; want 3 and none", steps, left, err)
	}
	// Its address can be connected again.
	modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
}
