package models_test

import (
	"testing"

	"masterpanel/models"
)

// A list's bar must also fit a narrow screen: Orders promote the filters of the panels' own pages, other lists at most
// three.
func TestAListsBarHoldsFewFilters(t *testing.T) {
	t.Parallel()
	for _, l := range []*models.List{models.OrderList, models.TicketList, models.UserList, models.PaymentList, models.ServiceList,
		models.ServiceChangeList, models.ReportList, models.OutboxList, models.ActivityList} {
		most := 3
		if l == models.OrderList {
			most = 5
		}
		n := len(l.Promoted)
		if l.Created != "" {
			n++
		}
		if n > most {
			t.Errorf("%s: got %d promoted filters, want at most %d", l.Noun, n, most)
		}
		for _, name := range l.Promoted {
			if _, ok := l.Filter(name); !ok {
				t.Errorf("%s promotes %q, which is no filter", l.Noun, name)
			}
		}
	}
}
