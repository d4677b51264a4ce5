package modelstest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"masterpanel/models"
)

// Password is the password of all staff that Staff creates.
const Password = "a long enough phrase"

// Staff adds a staff member with Password.
func Staff(t testing.TB, db *models.DB, username string, role models.Role, allPanels bool) models.Staff {
	t.Helper()
	s, err := db.CreateStaff(t.Context(), models.NewStaff{Username: username, Password: Password, Role: role, AllPanels: allPanels})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// LogIn starts a session and returns its token.
func LogIn(t testing.TB, db *models.DB, username string) string {
	t.Helper()
	in, err := db.LogIn(t.Context(), username, Password, models.Origin{Address: "192.0.2.1", UserAgent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return in.Token
}

// Viewer logs a staff member in and returns their current view.
func Viewer(t testing.TB, db *models.DB, username string) models.Viewer {
	t.Helper()
	v, _, err := db.ViewerOf(t.Context(), LogIn(t, db, username), true)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Owner adds an owner who sees all panels and returns their view.
func Owner(t testing.TB, db *models.DB) models.Viewer {
	t.Helper()
	Staff(t, db, "owner", models.RoleOwner, true)
	return Viewer(t, db, "owner")
}

// Panel connects a panel with this URL; its short code comes from the name.
func Panel(t testing.TB, db *models.DB, owner models.Viewer, name, url string) models.Panel {
	t.Helper()
	code := name
	if len(code) > 6 {
		code = code[:6]
	}
	p, err := db.CreatePanel(t.Context(), owner, models.PanelInput{Name: name, ShortCode: code, Colour: "blue", URL: url,
		AdminAPIKey: "admin-key-of-" + name, ServicesAPIKey: "services-key-of-" + name})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Order returns an order with all fields set; a test changes only the fields it is about.
func Order(panelID, id int64, change ...func(*models.Order)) models.Order {
	start, remains, quantity := int64(1200), int64(400), int64(1000)
	o := models.Order{
		Key: models.Key{PanelID: panelID, ID: id}, UserName: "anna", Charge: Amount("5.00"), Currency: "USD",
		Cost: Amount("3.10"), CostCurrency: "USD",
		Link: fmt.Sprintf("https://instagram.com/p/%d", id), StartCount: &start, Quantity: &quantity, ServiceID: 171,
		ServiceName: "Instagram Likes", ServiceType: "default", Status: "in_progress", Remains: &remains, Mode: "auto",
		Source: "api", Provider: "provider.example", ExternalID: fmt.Sprint(88_000_000 + id),
		CreatedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(id) * time.Minute),
	}
	for _, f := range change {
		f(&o)
	}
	o.Raw, _ = json.Marshal(struct {
		ID     int64
		Status string
		Remain *int64
		Charge decimal.NullDecimal
	}{o.ID, o.Status, o.Remains, o.Charge})
	return o
}

// Amount returns a valid amount.
func Amount(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

// PutOrders stores orders as if they had just been fetched.
func PutOrders(t testing.TB, db *models.DB, panelID int64, orders ...models.Order) models.Written {
	t.Helper()
	w, err := db.PutOrders(t.Context(), panelID, orders, Now(t))
	if err != nil {
		t.Fatal(err)
	}
	return w
}
