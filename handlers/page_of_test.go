package handlers

import (
	"net/url"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAPageThatAnotherPersonLeftOpenDoesNothingInTheViewersName(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	left := pathID(modelstest.Viewer(t, s.db, "owner").StaffID)
	modelstest.Staff(t, s.db, "ece", models.RoleAgent, true)
	s.as("ece")
	ece, key := modelstest.Viewer(t, s.db, "ece"), models.Key{PanelID: panel.ID, ID: 2}
	at := pathOf("tickets", key)
	draft := url.Values{"message": {"words of the owner"}, "key": {"3f2b0c1e-6d0f-4f7a-9a53-0d5b6a1c2e11"}}
	s.post(at+"/draft", draft, "HX-Request", "true", "X-Page-Of", left).expect(t, 401)
	s.post(at+"/replies", draft, "HX-Request", "true", "HX-Current-URL", "http://example.com"+at, "X-Page-Of", left).expect(t, 401)
	s.get("/badges", "HX-Request", "true", "X-Auto-Refresh", "1", "X-Page-Of", left).expect(t, 401)
	draft.Set("page_of", left)
	got := s.post(at+"/replies", draft, "Referer", "http://example.com"+at)
	got.expect(t, 303)
	if to, want := got.Header.Get("Location"), "/login?next="+url.QueryEscape(at); to != want {
		t.Errorf("got %q, want %q", to, want)
	}
	s.get(got.Header.Get("Location")).expect(t, 303) // to the viewer's own page
	if text, err := s.db.Draft(t.Context(), ece, key); text != "" || err != nil {
		t.Errorf("the viewer's draft is %q, %v", text, err)
	}
	s.get("/outbox").expect(t, 200, `data-total>0`)

	draft.Set("page_of", pathID(ece.StaffID))
	s.post(at+"/draft", draft, "HX-Request", "true", "X-Page-Of", pathID(ece.StaffID)).expect(t, 204)
	if text, err := s.db.Draft(t.Context(), ece, key); text != "words of the owner" || err != nil {
		t.Errorf("from the viewer's own page: the draft is %q, %v", text, err)
	}
	s.get(at).expect(t, 200, `<meta name="staff" content="`+pathID(ece.StaffID)+`">`)
}
