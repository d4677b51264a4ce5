package handlers

import (
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestInABrowserWithAWrongClockEveryAgeIsRight(t *testing.T) {
	t.Parallel()
	began := time.Now()
	now := modelstest.RunFrom(began.AddDate(-1, 0, 0)) // the browser is a year ahead of the server
	s := siteOn(t, modelstest.NewAt(t, now), func(c *Config) { c.Now = now })
	panel := modelstest.Panel(t, s.db, modelstest.Owner(t, s.db), "Alpha", "https://alpha.example")
	s.putOrders(panel.ID, modelstest.Order(panel.ID, 1, func(o *models.Order) { o.CreatedAt = now().Add(-190 * time.Second) }))
	b := newBrowser(t, s)
	b.logIn("owner")
	b.open("/orders")
	b.until(`/^[3-9]m ago$/.test(document.querySelector("#orders-list td time[data-rel]").textContent)`)
}
