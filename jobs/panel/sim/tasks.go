package sim

import (
	"cmp"
	"slices"
)

// Task is a customer's request to cancel or refill an order. Workers of a manual service handle it. Times are unix
// seconds.
type Task struct {
	ID      int64
	Order   int64
	Status  string // pending, in_progress (pulled by a worker), completed, rejected
	Created int64
}

// Task statuses. Public sources confirm only the User API's Completed and Rejected.
const (
	TaskPending    = "pending"
	TaskInProgress = "in_progress"
	TaskCompleted  = "completed"
	TaskRejected   = "rejected"
)

func (t *Task) open() bool { return t.Status == TaskPending || t.Status == TaskInProgress }

// taskList is a queue of tasks, oldest first.
type taskList []*Task

func (l taskList) byID(id int64) *Task {
	at, ok := slices.BinarySearchFunc(l, id, func(t *Task, id int64) int { return cmp.Compare(t.ID, id) })
	if !ok {
		return nil
	}
	return l[at]
}

// openFor returns the unfinished task of an order, or nil.
func (l taskList) openFor(order int64) *Task {
	for _, t := range slices.Backward(l) {
		if t.Order == order && t.open() {
			return t
		}
	}
	return nil
}

func (w *world) newTask(order int64) *Task {
	return &Task{ID: w.next.task(), Order: order, Status: TaskPending, Created: w.stamp()}
}

// settleTasks completes the cancel task of an order that ended.
func (w *world) settleTasks(o *Order) {
	if t := w.cancels.openFor(o.ID); t != nil {
		t.Status = TaskCompleted
		o.CancelRequested = false
	}
}

// pull returns pending tasks of manual orders. handOut then marks them as in progress, so that each is pulled once.
func (w *world) pull(tasks taskList, c *call) []*Task {
	services := c.body.ids("service_ids")
	var taken []*Task
	for _, t := range tasks {
		o := w.orders.byID[t.Order]
		if t.Status != TaskPending || !w.isManual(o) || len(services) > 0 && !slices.Contains(services, o.ServiceID) {
			continue
		}
		if len(taken) == c.body.limit() {
			break
		}
		taken = append(taken, t)
	}
	return taken
}

func (w *world) handOut(out *wire, taken []*Task) {
	for _, t := range taken {
		t.Status = TaskInProgress
		w.writeTask(out, t)
	}
}

// pullCancels is POST /cancel/pull. A worker completes each order with /orders/update or refuses the task with
// /cancel/reject.
func (w *world) pullCancels(c *call, out *wire) error {
	taken := w.pull(w.cancels, c)
	if out.v.BareCancelTasks {
		out.open('[')
		w.handOut(out, taken)
		out.close(']')
		return nil
	}
	w.writeTasks(out, taken)
	return nil
}

func (w *world) writeTasks(out *wire, taken []*Task) {
	out.open('{')
	out.int("count", int64(len(taken)))
	out.array("list", func() { w.handOut(out, taken) })
	out.close('}')
}

// writeTask writes one item. Public clients read its order's id from id or from order_id.
func (w *world) writeTask(out *wire, t *Task) {
	o := w.orders.byID[t.Order]
	out.open('{')
	defer out.close('}')
	if out.v.BareCancelTasks {
		out.int("id", o.ID)
		out.int("remains", o.Remains)
		return
	}
	out.int("id", t.ID)
	out.int("order_id", o.ID)
	out.text("user", o.User)
	out.int("service_id", o.ServiceID)
	out.text("link", o.Link)
	out.intOrNull("start_count", o.StartCount)
	out.int("quantity", o.Quantity)
	out.int("remains", o.Remains)
	out.text("status", t.Status)
	out.when("created", t.Created)
}

// rejectCancels is POST /cancel/reject. The ids may be of tasks or of their orders.
func (w *world) rejectCancels(c *call, out *wire) error {
	return w.eachTask(c, out, w.cancels, TaskRejected)
}

// pullRefills is POST /refill/pull.
func (w *world) pullRefills(c *call, out *wire) error {
	w.writeTasks(out, w.pull(w.refills, c))
	return nil
}

// changeRefills is POST /refill/change-status, with ids or one refill_id.
func (w *world) changeRefills(c *call, out *wire) error {
	status := c.body.text("status")
	if !slices.Contains([]string{TaskPending, TaskInProgress, TaskCompleted, TaskRejected}, status) {
		return invalid("Status is invalid.")
	}
	return w.eachTask(c, out, w.refills, status)
}

func (w *world) eachTask(c *call, out *wire, tasks taskList, status string) error {
	ids := append(c.body.ids("ids"), c.body.ids("refill_id")...)
	if len(ids) == 0 {
		return invalid("Ids is required.")
	}
	var done, skipped []int64
	for _, id := range ids {
		t := cmp.Or(tasks.byID(id), tasks.openFor(id))
		if t == nil || !t.open() {
			skipped = append(skipped, id)
			continue
		}
		t.Status = status
		if o := w.orders.byID[t.Order]; status == TaskRejected {
			o.CancelRequested = false
		}
		done = append(done, id)
	}
	writeBulk(out, done, skipped, status)
	return nil
}
