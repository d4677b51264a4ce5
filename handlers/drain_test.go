package handlers

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

func TestAnExportSaysThatTheServerRestarts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := modelstest.Owner(t, s.db)
	stopping := make(chan struct{})
	a := &app{Config: Config{DB: s.db, Log: (&lines{}).logger(), Feed: s.feed, Stopping: stopping}, sessions: newSessionCache(modelstest.Clock(t))}
	portions := 0
	e := export[models.Activity]{app: a, token: modelstest.LogIn(t, s.db, "owner"), cells: (*app).activityCells,
		listing: listing{def: models.ActivityList, viewer: modelstest.Viewer(t, s.db, "owner"), query: models.ListQuery{}.Whole()},
		read: func(context.Context, models.Viewer, models.ListQuery) (models.Page[models.Activity], error) {
			if portions++; portions == 2 {
				close(stopping)
			}
			return models.Page[models.Activity]{Rows: make([]models.Activity, 1), Next: "more"}, nil
		}}
	var file bytes.Buffer
	e.send(t.Context(), bufio.NewWriter(&file), []string{"a"})
	if portions != 2 || !strings.HasSuffix(file.String(), exportRestart+"\r\n") {
		t.Errorf("%d portions were read, and the file ends with %.200q", portions, file.String()[max(0, file.Len()-200):])
	}
	log, err := s.db.Activities(t.Context(), owner, models.ParseListQuery(models.ActivityList, url.Values{"action": {"export"}}, time.UTC, modelstest.Now(t)))
	if err != nil || len(log.Rows) != 1 || log.Rows[0].Result != models.Failed || !strings.Contains(changeWords(log.Rows[0].Changes), "Rows before it stopped: 2") {
		t.Errorf("the activity log shows %+v, %v", log.Rows, err)
	}
}
