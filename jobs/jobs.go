package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"masterpanel/models"
)

// The kinds of tasks. They stay the same when functions are renamed, because tasks of the previous version may still
// be queued.
const (
	kindSync    = "stream:sync"
	kindCheck   = "panel:check"
	kindProbe   = "panel:probe"
	kindRemove  = "panel:remove"
	kindCompare = "panel:compare"
	kindPurge   = "retention:purge"
	kindAction  = "action:run"
	kindBatch   = "batch:run"
)

// The queues. Each has its own workers, so that a job for which a person waits is never queued behind the sync.
const (
	queueStaff   = "staff"
	queueSync    = "sync"
	queueActions = "actions"
)

// job is one line of the job table.
type job struct {
	kind  string
	queue string
	run   func(*Worker, context.Context, target) error
}

// jobTable lists every kind of task with its function and, in the comment, the events that enqueue it.
func jobTable() []job {
	return []job{
		{kindSync, queueSync, (*Worker).syncStream},       // the schedule
		{kindCheck, queueStaff, (*Worker).checkPanel},     // "Test connection", a new or changed panel; the schedule
		{kindProbe, queueSync, (*Worker).probePanel},      // the schedule
		{kindCompare, queueStaff, (*Worker).comparePanel}, // the schedule, after a change of address or key
		{kindRemove, queueSync, (*Worker).removePanel},    // "Remove panel"; the schedule
		{kindPurge, queueSync, (*Worker).purgeOld},        // a new retention; the schedule
		{kindAction, queueActions, (*Worker).runAction},   // a reply, a payment, an order's action; the schedule
		{kindBatch, queueActions, (*Worker).runBatch},     // a batch of orders; the schedule
	}
}

// target identifies the subject of a task. It holds ids only, never the object.
type target struct {
	PanelID  int64           `json:"panel_id"`
	Resource models.Resource `json:"resource,omitempty"`
	ActionID int64           `json:"action_id,omitempty"`
	BatchID  int64           `json:"batch_id,omitempty"`
}

// Limits on how long a task may block others.
const (
	// uniqueFor is the longest time for which a task keeps out others of its kind and target. asynq releases this
	// lock when the task is done, but not when the task failed or its worker was killed; then the lock expires
	// together with the lease.
	uniqueFor = leaseFor
	// taskTimeout is a last resort: every job returns long before.
	taskTimeout = 5 * time.Minute
)

// Queue wakes workers. A lost wake-up costs one second: the next tick finds the due work.
type Queue struct{ client *asynq.Client }

// NewQueue enqueues in the given Redis. The caller closes it.
func NewQueue(r redis.UniversalClient) *Queue {
	return &Queue{client: asynq.NewClientFromRedisClient(r)}
}

// EnqueueSync wakes a worker for a stream. It does nothing if such a task is queued already.
func (q *Queue) EnqueueSync(ctx context.Context, key models.StreamKey) error {
	return q.enqueue(ctx, kindSync, queueSync, target{PanelID: key.PanelID, Resource: key.Resource})
}

// EnqueueCheck wakes a worker for a connection test of a panel, which models.RequestCheck requested.
func (q *Queue) EnqueueCheck(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindCheck, queueStaff, target{PanelID: panelID})
}

// EnqueueProbe wakes a worker to probe a panel whose circuit is open: it is down or refused its key.
func (q *Queue) EnqueueProbe(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindProbe, queueSync, target{PanelID: panelID})
}

// EnqueueCompare wakes a worker to compare a panel's records with the mirror.
func (q *Queue) EnqueueCompare(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindCompare, queueStaff, target{PanelID: panelID})
}

// EnqueueRemove wakes a worker to delete the rows of a removed panel.
func (q *Queue) EnqueueRemove(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindRemove, queueSync, target{PanelID: panelID})
}

// EnqueuePurge wakes a worker to delete a stream's rows that are past their retention.
func (q *Queue) EnqueuePurge(ctx context.Context, key models.StreamKey) error {
	return q.enqueue(ctx, kindPurge, queueSync, target{PanelID: key.PanelID, Resource: key.Resource})
}

func (q *Queue) enqueue(ctx context.Context, kind, queue string, t target) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encoding a task: %w", err)
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(kind, payload),
		asynq.Queue(queue), asynq.Unique(uniqueFor), asynq.MaxRetry(0), asynq.Timeout(taskTimeout))
	if err != nil && !errors.Is(err, asynq.ErrDuplicateTask) {
		return fmt.Errorf("enqueueing %s: %w", kind, err)
	}
	return nil
}
