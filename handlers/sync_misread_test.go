package handlers

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// blindAdmin is an admin who manages the settings but may see neither money nor e-mails.
func (s *site) blindAdmin() *site {
	s.t.Helper()
	blind := modelstest.Staff(s.t, s.db, "blind", models.RoleAdmin, true)
	err := s.db.ChangeMember(s.t.Context(), modelstest.Viewer(s.t, s.db, "owner"), blind.ID,
		models.MemberInput{Role: models.RoleAdmin, AllPanels: true, Taken: []models.Permission{models.PermSeeMoney, models.PermSeeEmails}})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.as("blind")
}

func TestTheSyncPageNamesWhatWasNotUnderstoodAndShowsOne(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 0)
	now := modelstest.Now(t)
	raw := `{"payment_id":7,"user":{"username":"anna","balance":{"value":"771.33"}},"amount":"8821.44","note":"write to anna@mail.example",
		"fraud_risk":{"score":3,"by":"<b>bot</b>","price":"6612.9"},"extra":4417.25}`
	rows := []models.Payment{{Key: models.Key{PanelID: panel.ID, ID: 7}, UserName: "anna", Amount: modelstest.Amount("8821.44"), CreatedAt: now,
		Mirrored: models.Mirrored{Raw: []byte(raw), Misread: "fraud_risk"}}}
	if _, err := s.db.PutPayments(t.Context(), panel.ID, rows, now); err != nil {
		t.Fatal(err)
	}
	aside := models.Quarantined{PanelID: panel.ID, Resource: models.Orders, Record: "sha256:12", Raw: []byte(`{"id":"x","charge":"5531.70","e":"b@mail.example"}`), Reason: "id: not a whole number", Hash: 1}
	if err := s.db.Quarantine(t.Context(), []models.Quarantined{aside}); err != nil {
		t.Fatal(err)
	}
	const one, other = "/settings/sync/records/payments/1/7?member=fraud_risk", "/settings/sync/aside?panel=1&amp;record=sha256%3A12&amp;resource=orders"
	s.get("/settings/sync").expect(t, http.StatusOK, "fraud_risk: not understood in 1 payments", one, "Id: not a whole number.", other)
	s.get(one).expect(t, http.StatusOK, "8821.44", "anna@mail.example", "&lt;b&gt;bot&lt;/b&gt;", "This member was not understood: fraud_risk.")
	open := strings.ReplaceAll(other, "&amp;", "&")
	s.get(open).expect(t, http.StatusOK, "5531.70")
	s.blindAdmin()
	for _, path := range []string{one, open} {
		got := s.get(path)
		got.expect(t, http.StatusOK, "Some values are hidden")
		for _, secret := range []string{"8821.44", "771.33", "6612.9", "4417.25", "5531.70", "@mail.example"} {
			if strings.Contains(got.Body, secret) {
				t.Errorf("%s shows %s to somebody who may not see it", path, secret)
			}
		}
	}
	modelstest.Staff(t, s.db, "agent", models.RoleAgent, true)
	s.as("agent")
	for _, path := range []string{one, open} {
		s.get(path).expect(t, http.StatusForbidden)
	}
}

func TestUnknownValuesAreDashesInListsDetailsAndFiles(t *testing.T) {
	t.Parallel()
	s, panel := ownersSite(t, 1)
	now := modelstest.Now(t)
	key, raw := models.Key{PanelID: panel.ID, ID: 9}, models.Mirrored{Raw: []byte(`{"charge":{"value":null,"currency_code":"USD"}}`)}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.db.PutOrders(t.Context(), panel.ID, []models.Order{{Key: key, Mirrored: raw}}, now)
	check(err)
	_, err = s.db.PutPayments(t.Context(), panel.ID, []models.Payment{{Key: key, Mirrored: raw}}, now)
	check(err)
	_, err = s.db.PutUsers(t.Context(), panel.ID, []models.User{{Key: key, Mirrored: raw}}, now)
	check(err)
	_, err = s.db.PutTickets(t.Context(), panel.ID, []models.Ticket{{Key: key, Mirrored: raw}}, now)
	check(err)
	_, err = s.db.PutServices(t.Context(), panel.ID, []models.Service{{Key: key, Mirrored: models.Mirrored{Raw: raw.Raw, Misread: "refill"}}}, 0, now)
	check(err)
	for noun, columns := range map[string]string{"orders": "user charge quantity created", "payments": "user amount created", "users": "username balance spent created",
		"tickets": "user created last_update", "services": "rate min max refill"} {
		list := s.get("/" + noun)
		list.expect(t, http.StatusOK)
		row := list.Body[strings.Index(list.Body, `<tr id="`+noun+`-row-1-9"`):]
		row = row[:strings.Index(row, "</tr>")]
		for column := range strings.FieldsSeq(columns) {
			cell := row[strings.Index(row, `data-col="`+column+`"`):]
			if cell = cell[:strings.Index(cell, "</td>")]; !strings.Contains(cell, none) || strings.Contains(cell, "0.00") {
				t.Errorf("%s, %s: got %s, want a dash", noun, column, cell)
			}
		}
		s.get(pathOf(noun, key)).expect(t, http.StatusOK)
		file, err := csv.NewReader(strings.NewReader(s.get("/" + noun + ".csv").Body)).ReadAll()
		check(err)
		for _, line := range file {
			if line[0] != "9" && line[1] != "9" {
				continue
			}
			for i, column := range file[0] {
				name := strings.ReplaceAll(strings.ToLower(column), " ", "_")
				if strings.Contains(" "+columns+" ", " "+name+" ") && line[i] != none {
					t.Errorf("%s.csv, %s: got %q, want a dash", noun, column, line[i])
				}
			}
		}
	}
	s.get("/orders?sort=charge").expect(t, http.StatusOK)
	s.get("/orders?status=none").expect(t, http.StatusOK, `id="orders-row-1-9"`)
}

func TestABatchSaysHowManyChargesAreUnknown(t *testing.T) {
	t.Parallel()
	owner := models.Viewer{Role: models.RoleOwner}
	known := modelstest.Order(1, 1)
	unknown := modelstest.Order(1, 2, func(o *models.Order) { o.Charge.Valid = false })
	for want, orders := range map[string][]models.Order{
		"Customers are refunded 5.00 USD.": {known},
		"Customers are refunded 5.00 USD. This leaves out 1 order of unknown charge or quantity.": {known, unknown},
		"Customers are refunded. The amount is unknown for 1 order.":                              {unknown},
	} {
		if got := moneyEffect(owner, models.NewBatch{Kind: models.KindCancel}, orders); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
