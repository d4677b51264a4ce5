package models_test

import (
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestFiguresTellHowLateEachStreamIsThatIsToBeRead(t *testing.T) {
	t.Parallel()
	now := modelstest.Now(t).UTC().Truncate(time.Second)
	db := modelstest.NewAt(t, func() time.Time { return now })
	owner := modelstest.Owner(t, db)
	read := modelstest.Panel(t, db, owner, "Alpha", "https://alpha.example")
	paused := modelstest.Panel(t, db, owner, "Beta", "https://beta.example")
	if err := db.PausePanel(t.Context(), modelstest.Viewer(t, db, owner.Username), paused.ID); err != nil {
		t.Fatal(err)
	}
	now = now.Add(7 * time.Minute)
	figures, err := db.StreamFigures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(figures) != len(models.Resources) {
		t.Errorf("got %d streams, want those of the panel that is read", len(figures))
	}
	for _, f := range figures {
		if f.PanelID != read.ID || f.ShortCode != read.ShortCode || f.Lag != 7*time.Minute {
			t.Errorf("got %+v", f)
		}
	}
	unfinished, err := db.UnfinishedActions(t.Context())
	if err != nil || len(unfinished) != 3 {
		t.Errorf("got %v, %v, want three states with nothing in them", unfinished, err)
	}
}
