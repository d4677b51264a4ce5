package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func newPanelValues() url.Values {
	return url.Values{"name": {"Metropanel"}, "short_code": {"mtp"}, "colour": {"teal"}, "url": {"https://shop.example/"},
		"admin_api_key": {"canary-admin-key-1234"}, "services_api_key": {"canary-services-key-5678"}}
}

func TestAPanelIsConnectedAndItsKeysAreNeverShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	s.post("/settings/panels", newPanelValues()).expect(t, 303)
	page := s.get("/settings/panels")
	page.expect(t, 200, "Metropanel", "MTP", "hue-teal", "https://shop.example", "••••1234", "••••5678", "Connecting", "Testing…")
	if len(s.checked) != 1 {
		t.Fatalf("the worker was asked to test %d panels, want 1", len(s.checked))
	}
	edit := s.get(fmt.Sprintf("/settings/panels/%d", s.checked[0]))
	edit.expect(t, 200, "••••1234")
	if strings.Contains(page.Body+edit.Body, "canary") {
		t.Error("a key is on the page")
	}
}

func TestANewPanelIsOfferedAColourThatNoOtherHas(t *testing.T) {
	t.Parallel()
	s, _ := ownersSite(t, 0)
	got := s.get("/settings/panels")
	got.expect(t, 200, `value="green" checked`)
	if strings.Contains(got.Body, `value="blue" checked`) {
		t.Error("the colour of the panel that is there is offered again")
	}
}

func TestAPanelFormComesBackWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Staff(t, s.db, "ada", models.RoleOwner, true)
	s.as("ada")
	for field, test := range map[string]struct{ value, words string }{
		"url":           {"http://shop.example", "The address must begin with https://"},
		"short_code":    {"!", "Use 2 to 6 letters or digits"},
		"admin_api_key": {"", "Enter the admin API key"},
		"name":          {"", "Give the panel a name"},
	} {
		form := newPanelValues()
		form.Set(field, test.value)
		got := s.post("/settings/panels", form)
		got.expect(t, 422, test.words, `aria-invalid="true" autofocus`)
		if strings.Contains(got.Body, "canary") {
			t.Errorf("%s: a key came back with the form", field)
		}
	}
	s.get("/settings/panels").expect(t, 200, "Connect a panel")
}

func TestAPanelIsPausedResumedAndRemoved(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	path := fmt.Sprintf("/settings/panels/%d", panel.ID)
	s.post(path+"/pause", nil).expect(t, 303)
	s.get("/settings/panels").expect(t, 200, "Paused", "Resume")
	s.post(path+"/resume", nil).expect(t, 303)
	s.get("/settings/panels").expect(t, 200, "Pause")
	s.post(path+"/remove", url.Values{"confirm": {"wrong"}}).expect(t, 422, "Type MTP to remove this panel.")
	s.post(path+"/remove", url.Values{"confirm": {"mtp"}}).expect(t, 303)
	s.get(path).expect(t, 404)
	s.get("/orders").expect(t, 200, "No panel is connected yet")
}

func TestAPanelsFormKeepsAKeyLeftBlank(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	form := newPanelValues()
	form.Set("url", "https://mtp.example")
	form.Set("admin_api_key", "")
	form.Set("services_api_key", "-")
	s.post(fmt.Sprintf("/settings/panels/%d", panel.ID), form).expect(t, 303)
	access, err := s.db.PanelAccess(t.Context(), panel.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(access.AdminKey), "admin-key-of-MTP"; got != want {
		t.Errorf("admin key: got %q, want it kept", got)
	}
	if got := string(access.ServicesKey); got != "" {
		t.Errorf("services key: got %q, want it cleared", got)
	}
}
