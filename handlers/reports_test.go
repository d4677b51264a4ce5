package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAReportGoesFromTheServiceToItsOrdersAndIsResolved(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 3)
	order := fmt.Sprintf("/orders/%d/2", panel.ID)
	form := fmt.Sprintf("/reports/new?order=2&amp;panel=%d", panel.ID)
	s.get(order).expect(t, 200, "Report a problem with this service", form)
	s.get(strings.ReplaceAll(form, "&amp;", "&")).expect(t, 200, "Instagram Likes", `name="reason"`)

	about := url.Values{"panel": {pathID(panel.ID)}, "order": {"2"}}
	s.post("/reports", about).expect(t, 422, "Describe the problem.")
	about.Set("reason", "drops within a day")
	made := s.post("/reports", about)
	made.expect(t, 303)
	report := made.Header.Get("Location")
	s.get(order).expect(t, 200, "Open reports about its service", "drops within a day", report)
	s.get(fmt.Sprintf("/orders/%d/3", panel.ID)).expect(t, 200, "Open reports about its service") // the same service
	s.get("/reports?status=open").expect(t, 200, "drops within a day")

	s.post(report+"/resolve", url.Values{"note": {""}}).expect(t, 422, "Describe the solution.")
	s.post(report+"/resolve", url.Values{"note": {"another provider now"}}).expect(t, 303)
	s.get(report).expect(t, 200, "another provider now", "Open it again")
	if page := s.get(order); strings.Contains(page.Body, "Open reports") {
		t.Error("a resolved report still stands on the order")
	}
	s.get("/reports?status=open").expect(t, 200, "Nothing matches")
}

func TestServicesShowWhatChangedAndWhatIsReported(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	put := func(at time.Duration, rate string) {
		t.Helper()
		service := models.Service{Key: models.Key{PanelID: panel.ID, ID: 7}, Name: "Likes", Category: "Instagram", Type: "Default", Min: new(int64(10)), Max: new(int64(1000)),
			Rate: modelstest.Amount(rate), Mirrored: models.Mirrored{Raw: []byte(`{"rate":"` + rate + `"}`)}}
		if _, err := s.db.PutServices(t.Context(), panel.ID, []models.Service{service}, 0, modelstest.Now(t).Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	put(0, "1.50")
	put(time.Second, "1.80")
	s.get("/service-changes").expect(t, 200, "1.50", "1.80 (&#43;20.0 %)", fmt.Sprintf(`href="/services/%d/7"`, panel.ID))
	s.get("/service-changes.csv").expect(t, 200, "7,Likes,Rate,1.5,1.8")
	s.get(fmt.Sprintf("/services/%d/7", panel.ID)).expect(t, 200, "Changes", "1.80 (&#43;20.0 %)")
	s.post("/reports", url.Values{"panel": {pathID(panel.ID)}, "service": {"7"}, "reason": {"late"}}).expect(t, 303)
	s.get("/services").expect(t, 200, "1 open report", "Changes", "Report a problem", `name="section" value="services"`)
}
