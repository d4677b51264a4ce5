// Package jobs takes data from the panels to the database: a clock or a click starts a job, the job asks a panel and
// writes what it learned.
//
// PostgreSQL is the schedule. What is due follows from its rows alone, so every task may be lost, doubled or late:
// the next look of the schedule finds the same work again, and a lease in PostgreSQL lets one worker do it. The queue
// in Redis (asynq) only wakes workers up; a task is an id and nothing else, and it is never retried.
//
// A stream is one resource of one panel. Its loops (head, open, backfill) are documented where they are, in
// sync_head.go, sync_backfill.go, sync_orders.go and sync_tickets.go.
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

// The kinds of tasks. They outlive the names of functions: tasks of the version before may still wait.
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

// The queues. Each has workers of its own, so that what a person waits for never stands behind the syncing.
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

// jobTable is every kind of task with what it does and who starts it.
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

// target is what a task is about: the ids, never the thing itself.
type target struct {
	PanelID  int64           `json:"panel_id"`
	Resource models.Resource `json:"resource,omitempty"`
	ActionID int64           `json:"action_id,omitempty"`
	BatchID  int64           `json:"batch_id,omitempty"`
}

// How long a task may hold things up.
const (
	// uniqueFor is how long a task keeps others of its kind and target out at most. asynq gives this lock back when the
	// task is done but not when it ended badly or its worker was killed; then it ends by itself, with the lease.
	uniqueFor = leaseFor
	// taskTimeout is a last resort: every job ends by itself long before.
	taskTimeout = 5 * time.Minute
)

// Queue wakes workers up. A wake-up that is lost costs a second: the schedule finds what is due.
type Queue struct{ client *asynq.Client }

// NewQueue enqueues on the given Redis, which stays the caller's to close.
func NewQueue(r redis.UniversalClient) *Queue {
	return &Queue{client: asynq.NewClientFromRedisClient(r)}
}

// EnqueueSync wakes a worker up for a stream. It does nothing while such a task waits already.
func (q *Queue) EnqueueSync(ctx context.Context, key models.StreamKey) error {
	return q.enqueue(ctx, kindSync, queueSync, target{PanelID: key.PanelID, Resource: key.Resource})
}

// EnqueueCheck wakes a worker up to test a panel's connection, which models.RequestCheck asked for.
func (q *Queue) EnqueueCheck(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindCheck, queueStaff, target{PanelID: panelID})
}

// EnqueueProbe wakes a worker up to try a panel that waits as a whole.
func (q *Queue) EnqueueProbe(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindProbe, queueSync, target{PanelID: panelID})
}

// EnqueueCompare wakes a worker up to compare a panel's records with the mirror.
func (q *Queue) EnqueueCompare(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindCompare, queueStaff, target{PanelID: panelID})
}

// EnqueueRemove wakes a worker up to delete the rows of a panel that was removed.
func (q *Queue) EnqueueRemove(ctx context.Context, panelID int64) error {
	return q.enqueue(ctx, kindRemove, queueSync, target{PanelID: panelID})
}

// EnqueuePurge wakes a worker up to delete a stream's rows that are past their retention.
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
