// Package jobs copies data from the panels to the database and sends actions to the panels: the schedule or a click
// enqueues a job, the job calls a panel and stores the result.
//
// PostgreSQL is the schedule. Its rows alone decide which work is due, so a task may be lost, run twice or run late:
// the next tick finds the same work again, and a lease in PostgreSQL makes sure that only one worker does it. The
// queue in Redis (asynq) only wakes workers; a task holds ids and nothing else, and asynq never retries it.
//
// # Where to start
//
// Read jobs.go (the kinds of tasks), worker.go (how a worker runs one and calls a panel), schedule.go (how due work is
// found) and limiter.go (the limit on calls to a panel). A read of a panel begins in sync.go, a write to a panel in
// action.go. The calls themselves are in jobs/panel, and jobs/panel/sim simulates panels for tests and the demo.
//
// # A stream
//
// A stream is one resource of one panel. Its loops are documented in these files: sync_head.go reads new records,
// sync_open.go and sync_tickets.go read open ones, sync_tail.go reads older ones again, and sync_backfill.go reads the
// history. sync_run.go runs the loops of a stream, sync_batch.go stores a page, and sync_failure.go handles errors.
//
// # Prefixes
//
//   - jobs, worker, schedule, queue, log: tasks and queues, the worker, the schedule, and the log of asynq.
//   - limiter: the limit on calls to a panel, its lanes and its counts, as scripts in Redis.
//   - redis, versions, presence: the connection to Redis, the versions that tell pages about a change, and who has a
//     ticket open.
//   - sync: reading a panel's records.
//   - check, probe, compare, panelurl: the connection test, the test call to a panel that is down, the comparison after
//     a change of address or key, and the check of a typed address.
//   - action, batch: sending actions, one by one or many orders in one call, and finding out what the panel did.
//   - mind, purge, remove, rekey: the timed work of the ticket desk, retention, removed panels, and new link keys.
package jobs
