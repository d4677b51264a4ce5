package handlers

import (
	"net/url"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestPaymentMethodsAreAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Owner(t, s.db)
	s.as("owner")
	s.get("/settings/payment-methods").expect(t, 200, "No payment method yet", "The exact string PP's", "Lower = shown first.")
	form := url.Values{"internal_name": {" Bonus  x"}, "display_name": {"Gift"}, "min": {"1.50"}, "max": {"20"}, "order": {"3"}}
	s.post("/settings/payment-methods", form).expect(t, 303)
	s.get("/settings/payment-methods").expect(t, 200, `<code class="exact"> Bonus  x</code>`, "Gift", "1.5", "All panels")
	methods, err := s.db.ManagedPaymentMethods(t.Context(), modelstest.Viewer(t, s.db, "owner"))
	if err != nil {
		t.Fatal(err)
	}
	path := "/settings/payment-methods/" + pathID(methods[0].ID)
	s.get(path).expect(t, 200, `value=" Bonus  x"`, `value="1.5"`)
	form.Set("internal_name", "Bonus")
	s.post(path, form).expect(t, 303)
	s.get("/settings/payment-methods").expect(t, 200, `<code class="exact">Bonus</code>`)
	s.post(path+"/remove", nil).expect(t, 303)
	s.get(path).expect(t, 404)
}

func TestAnOldLoginConfirmsBeforeItAddsOrChangesAPaymentMethod(t *testing.T) {
	t.Parallel()
	s, clock := lateSite(t)
	modelstest.Owner(t, s.db)
	s.as("owner")
	clock.Store(int64(models.RecentFor.Seconds()))
	form := url.Values{"internal_name": {"Bonus"}, "display_name": {"Gift"}, "min": {"1.50"}, "max": {"20"}, "order": {"3"}}
	asked := s.post("/settings/payment-methods", form)
	asked.expect(t, 403, "Confirm it’s you")
	s.post("/settings/payment-methods/1", form).expect(t, 403, "Confirm it’s you")
	proof := url.Values{"confirm_form": {hidden(t, asked, "confirm_form")}, "confirm_proof": {modelstest.Password}}
	s.take(s.post("/settings/payment-methods", proof)).expect(t, 303)
	s.get("/settings/payment-methods").expect(t, 200, `<code class="exact">Bonus</code>`)
}

func TestAMethodsFormComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	modelstest.Owner(t, s.db)
	s.as("owner")
	form := url.Values{"internal_name": {" Bonus"}, "display_name": {"Gift"}, "min": {"1,50"}, "max": {"1e3"}, "order": {"first"}}
	s.post("/settings/payment-methods", form).expect(t, 422, `value=" Bonus"`, `value="1,50"`, `value="1e3"`, `value="first"`, "Enter an amount such as 12.50")
	s.post("/settings/payment-methods/limits", url.Values{"recent_above": {"much"}}).expect(t, 422, `value="much"`)
	s.post("/settings/payment-methods/limits", url.Values{"recent_above": {"10"}, "second_person_above": {"99.5"}}).expect(t, 303)
	limits, err := s.db.PaymentLimits(t.Context())
	if err != nil || limits.RecentAbove.Decimal.String() != "10" || limits.SecondPersonAbove.Decimal.String() != "99.5" {
		t.Errorf("got %+v, %v", limits, err)
	}
}
