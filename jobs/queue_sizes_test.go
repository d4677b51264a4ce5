package jobs

import (
	"testing"

	"masterpanel/models"
)

func TestQueueSizesCountTheTasksThatWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	queue := NewQueue(b.client)
	for _, r := range []models.Resource{models.Orders, models.Tickets} {
		if err := queue.EnqueueSync(t.Context(), models.StreamKey{PanelID: 1, Resource: r}); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range must(QueueSizes(b.client))(t) {
		if want := map[string]int{"pending": 2}[size.State]; size.Queue != queueSync || size.Tasks != want {
			t.Errorf("got %+v, want %d tasks of the queue %s", size, want, queueSync)
		}
	}
}
