package jobs

import (
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// QueueSize is the number of tasks of a queue in one state. Tasks only wake workers, so a queue that stays long means
// too few workers, never lost work.
type QueueSize struct {
	Queue, State string
	Tasks        int
}

// QueueSizes counts the tasks of every queue that was ever used.
func QueueSizes(r redis.UniversalClient) ([]QueueSize, error) {
	inspector := asynq.NewInspectorFromRedisClient(r)
	names, err := inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("listing the queues: %w", err)
	}
	var sizes []QueueSize
	for _, name := range names {
		info, err := inspector.GetQueueInfo(name)
		if err != nil {
			return nil, fmt.Errorf("counting the queue %s: %w", name, err)
		}
		sizes = append(sizes, QueueSize{name, "pending", info.Pending}, QueueSize{name, "active", info.Active},
			QueueSize{name, "archived", info.Archived})
	}
	return sizes, nil
}
