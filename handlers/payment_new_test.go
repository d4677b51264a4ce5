package handlers

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// till is a site whose staff add payments to anna with the method " Bonus", which is displayed as Gift.
type till struct {
	*site
	t     *testing.T
	owner models.Viewer
	panel models.Panel
	clock time.Time
}

func newTill(t *testing.T) *till {
	t.Helper()
	s := &till{t: t, clock: modelstest.Now(t)}
	now := func() time.Time { return s.clock }
	s.site = siteOn(t, modelstest.NewAt(t, now), func(c *Config) { c.Now = now })
	s.panel = modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "Alpha", "https://alpha.example")
	s.owner = modelstest.Viewer(t, s.db, "owner")
	err := s.db.AddPaymentMethod(t.Context(), s.owner, models.PaymentMethod{InternalName: " Bonus", DisplayName: "Gift", AllPanels: true,
		Max: decimal.NewNullDecimal(decimal.NewFromInt(100_000))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.db.PutUsers(t.Context(), s.panel.ID, []models.User{{Key: models.Key{PanelID: s.panel.ID, ID: 7}, Username: "anna", Email: "anna@mail.example",
		Balance: decimal.NewNullDecimal(decimal.NewFromInt(77)), Currency: "EUR", CreatedAt: s.clock, Mirrored: models.Mirrored{Raw: []byte(`{}`)}}}, s.clock)
	if err != nil {
		t.Fatal(err)
	}
	s.as("owner")
	return s
}

func (s *till) form(key, amount string) url.Values {
	return url.Values{"panel": {pathID(s.panel.ID)}, "user": {"anna"}, "amount": {amount}, "method": {" Bonus"}, "memo": {"tx-1 " + key}, "key": {key}}
}

func (s *till) limits(recent, second string) {
	s.t.Helper()
	l := models.PaymentLimits{RecentAbove: amounts{}.read("", recent), SecondPersonAbove: amounts{}.read("", second)}
	if err := s.db.SetPaymentLimits(s.t.Context(), s.owner, l); err != nil {
		s.t.Fatal(err)
	}
}

var marksIn = regexp.MustCompile(`name="seen" value="([^"]+)"`)

func TestAPaymentIsFilledInReviewedAndAdded(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.get("/payments").expect(t, 200, `href="/payments/new"`)
	s.get("/users/"+pathID(s.panel.ID)+"/7").expect(t, 200, "/payments/new?panel="+pathID(s.panel.ID)+"&amp;user=anna")
	s.get("/payments/new?user=anna").expect(t, 200, `value="anna"`, `<option value=" Bonus">Gift (up to 100000)</option>`)
	form := s.form("k", "1250.5")
	s.post("/payments/review", form).expect(t, 200, "1,250.50", "one thousand two hundred and fifty point five", `name="method" value=" Bonus"`)
	s.post("/payments/edit", form).expect(t, 200, `value="1250.5"`, `value="tx-1 k"`)
	s.limits("", "")
	first := s.post("/payments", form)
	first.expect(t, 303)
	if again := s.post("/payments", form); again.Status != 303 || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("the same form again led to %d %s, want %s", again.Status, again.Header.Get("Location"), first.Header.Get("Location"))
	}
	s.get(first.Header.Get("Location")).expect(t, 200, "Add payment", "anna")
	if len(s.acted) == 0 {
		t.Error("no worker was woken up")
	}
}

func TestAWrongPaymentComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	form := s.form("k", "1,500")
	form.Set("method", "Bonus")
	for _, path := range []string{"/payments/review", "/payments"} {
		s.post(path, form).expect(t, 422, `value="1,500"`, `value="tx-1 k"`, "may be 1500 or 1.5: write 1500 or 1.5.", "no such payment method")
		s.post(path, form, "HX-Request", "true").expect(t, 422, `value="1,500"`)
	}
}

func TestAnAmountIsNeverAFloatOrANegative(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	for _, text := range []string{"1e3", "-5", "0", "0.00", "NaN", "0x10", "1.123456789", "1.", ".5", "1 00", "999999999999"} {
		s.post("/payments", s.form("k", text)).expect(t, 422)
	}
}

func TestAnAmountThatIsTooLargeIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.post("/payments", s.form("k", "999999999999")).expect(t, 422, "This amount is too large. The maximum is 1,000,000,000.")
}

func TestATwinIsShownAndAddedOnceItWasSeen(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.post("/payments", s.form("k", "5")).expect(t, 303)
	form := s.form("k2", "5.00")
	answer := s.post("/payments", form)
	answer.expect(t, 422, "Nothing was added yet", "Same user and amount", "all the same", `<a href="/outbox/1" target="_blank">Look</a>`)
	form.Set("seen", marksIn.FindStringSubmatch(answer.Body)[1])
	s.post("/payments", form).expect(t, 303)
}

func TestALargePaymentAsksWhoOneIsAndThenGoesOn(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.limits("100", "")
	s.clock = s.clock.Add(20 * time.Minute)
	s.post("/payments", s.form("small", "100")).expect(t, 303)
	answer := s.post("/payments", s.form("k", "100.01"))
	answer.expect(t, 403, "Confirm it’s you")
	sealed := hidden(t, answer, "confirm_form")
	wrong := s.post("/payments", url.Values{"confirm_form": {sealed}, "confirm_proof": {"wrong"}})
	wrong.expect(t, 422)
	s.post("/payments", url.Values{"confirm_form": {sealed}, "confirm_proof": {"wrong"}, "amount": {"1"}}).expect(t, 422)
	right := s.post("/payments", url.Values{"confirm_form": {sealed}, "confirm_proof": {modelstest.Password}})
	right.expect(t, 303)
	if !strings.HasPrefix(right.Header.Get("Location"), "/outbox/") {
		t.Errorf("led to %s", right.Header.Get("Location"))
	}
	s.as("owner")
	s.clock = s.clock.Add(20 * time.Minute)
	inPage := s.post("/payments", s.form("k2", "100.02"), "HX-Request", "true", "HX-Target", "aside#side", "Referer", "http://example.com/payments/review")
	inPage.expect(t, 403, "Confirm it’s you", `<a href="/payments/review">Cancel</a>`)
	if got := inPage.Header.Get("HX-Retarget"); got != "body" {
		t.Errorf("the form goes to %q, want the whole page", got)
	}
	s.post("/payments", url.Values{"confirm_form": {hidden(t, inPage, "confirm_form")}, "confirm_proof": {modelstest.Password}}).expect(t, 303)
	s.get("/payments/review").expect(t, 303)
}

func TestAVeryLargePaymentIsApprovedByAnotherPerson(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.limits("", "100")
	modelstest.Staff(t, s.db, "second", models.RoleAdmin, true)
	s.post("/payments/review", s.form("k", "250")).expect(t, 200, "Propose 250.00")
	s.post("/payments", s.form("k", "250")).expect(t, 303)
	s.get("/payments/proposals").expect(t, 200, "250.00", "by owner")
	s.get("/payments/proposals/1").expect(t, 200, "Another person must approve it", "Withdraw")
	s.post("/payments/proposals/1/approve", nil).expect(t, 422, "Another person must approve it")
	const waits = `<span class="sr">1 payment needs approval</span>`
	if strings.Contains(s.get("/payments").Body, waits) {
		t.Error("who proposed it is told to approve it")
	}
	s.as("second")
	s.get("/payments").expect(t, 200, waits, `href="/payments/proposals"`)
	s.get("/payments/new").expect(t, 200, "1 payment needs approval")
	s.get("/payments/proposals/1").expect(t, 200, "two hundred and fifty", "Approve")
	s.post("/payments/proposals/1/approve", nil).expect(t, 303)
	s.feed.Reread(t.Context())
	if strings.Contains(s.get("/payments").Body, waits) {
		t.Error("the badge stays")
	}
	s.post("/payments/proposals/1/approve", nil).expect(t, 422, "Another person has already decided this")
	s.post("/payments/proposals/1/decline", nil).expect(t, 422, "Another person has already decided this")
}

func TestUsersAreSuggestedWithWhatOneMaySee(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	pick := "/users/pick?panel=" + pathID(s.panel.ID) + "&user="
	s.get(pick+"AN").expect(t, 200, `<option value="anna">anna@mail.example · 77.00 EUR</option>`)
	s.get(pick+"anna@").expect(t, 200, `value="anna"`)
	modelstest.Staff(t, s.db, "viewer", models.RoleViewer, true)
	s.as("viewer")
	s.get(pick+"an").expect(t, 200, `<option value="anna"></option>`)
	for _, none := range []string{pick + "anna@", pick + "%25", pick, "/users/pick?panel=999&user=an"} {
		if body := s.get(none).Body; strings.Contains(body, "anna") {
			t.Errorf("%s tells %s", none, body)
		}
	}
}

func TestAmountsAreSpelledOut(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]string{
		"0.5": "zero point five", "1": "one", "12.05": "twelve point zero five", "21": "twenty-one", "100": "one hundred", "110": "one hundred and ten",
		"1000": "one thousand", "1001": "one thousand and one", "10250": "ten thousand two hundred and fifty",
		"1000000": "one million", "1000000000": "one billion", "123456.7": "one hundred and twenty-three thousand four hundred and fifty-six point seven",
	} {
		if got := amountWords(decimal.RequireFromString(amount)); got != want {
			t.Errorf("%s: got %q, want %q", amount, got, want)
		}
	}
}
