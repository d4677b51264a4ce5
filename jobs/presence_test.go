package jobs

import (
	"testing"
	"time"

	"masterpanel/jobs/embedredis"
	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestPresenceTellsWhoIsAtATicketUntilTheyAreGone(t *testing.T) {
	t.Parallel()
	server := must(embedredis.Start(embedredis.Options{}))(t)
	t.Cleanup(server.Close)
	client, c := redisClient(t, server.URL()), &clock{now: modelstest.Start()}
	p := NewPresence(client, NewVersions(client), c.Now)
	person := func(id int64, name string, panels ...int64) models.Viewer {
		v := models.Viewer{StaffID: id, Username: name}
		for _, id := range panels {
			v.Panels = append(v.Panels, models.PanelRef{ID: id})
		}
		return v
	}
	anna, ben, eve := person(1, "anna", 1), person(2, "ben", 1), person(3, "eve", 2)
	at := func(v models.Viewer, ticket int64, writes bool) {
		t.Helper()
		if err := p.At(t.Context(), v, models.Key{PanelID: 1, ID: ticket}, writes); err != nil {
			t.Fatal(err)
		}
	}
	see := func(v models.Viewer, want ...Present) {
		t.Helper()
		on, err := p.On(t.Context(), v, []int64{1})
		if err != nil {
			t.Fatal(err)
		}
		if got := on[1]; len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
			t.Errorf("%s sees %+v, want %+v", v.Username, got, want)
		}
	}
	at(anna, 7, false)
	see(ben, Present{7, 1, "anna", false})
	see(anna)
	see(eve)
	at(anna, 7, true)
	see(ben, Present{7, 1, "anna", true})
	c.turn(writesFor + time.Second)
	at(anna, 7, false)
	see(ben, Present{7, 1, "anna", false})
	c.turn(presentFor + time.Second)
	see(ben)
	at(anna, 7, false)
	server.FlushAll()
	see(ben)
}
