package handlers

import (
	"net/url"
	"strings"
	"testing"

	"masterpanel/models"
)

func TestAComposerWarnsAtSignsUntilAReplyHasShownHowItsPanelKeepsThem(t *testing.T) {
	t.Parallel()
	s, panel := deskSite(t)
	at, words := pathOf("tickets", models.Key{PanelID: panel.ID, ID: 2}), "This panel may take &lt; and &amp; for HTML."
	page := s.get(at)
	page.expect(t, 200, "data-signs hidden>"+words)
	s.get("/tickets/new?panel="+pathID(panel.ID)).expect(t, 200, "data-signs hidden>"+words)
	draft := url.Values{"message": {"Use <your link>"}, "key": {"3f2b0c1e-6d0f-4f7a-9a53-0d5b6a1c2e11"}}
	s.post(at+"/draft", draft, "HX-Request", "true").expect(t, 204)
	s.get(at).expect(t, 200, "data-signs>"+words)
	many := url.Values{"ids": {pathID(panel.ID) + "-2"}, "message": {"Use <your link>"}, "step": {"preview"}}
	s.post("/tickets/reply", many).expect(t, 200, "data-signs>"+words)
	many.Set("message", "Use your link")
	if got := s.post("/tickets/reply", many); strings.Contains(got.Body, words) {
		t.Error("a preview without signs warns")
	}

	if err := s.db.LearnMarkup(t.Context(), models.PanelAction{PanelID: panel.ID, AddressNo: panel.AddressNo}, models.MarkupHTML); err != nil {
		t.Fatal(err)
	}
	s.as("owner")
	for _, path := range []string{at, "/tickets/new?panel=" + pathID(panel.ID)} {
		if got := s.get(path); got.Status != 200 || strings.Contains(got.Body, words) {
			t.Errorf("%s: got %d, or it still warns", path, got.Status)
		}
	}
}
