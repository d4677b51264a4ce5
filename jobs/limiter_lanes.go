package jobs

import "masterpanel/models"

// Lane is the purpose of a call. It decides which call goes first at a panel, and under which name the call is
// counted.
type Lane string

// The lanes. Staff wait for the calls in the first. Bulk actions of staff have the rank of the next three, which keep
// the mirror fresh, so that no single action of a person queues behind a bulk action. The last two can wait: their
// calls go only while no call of the others waits for a slot.
const (
	LaneStaff    Lane = "staff"
	LaneBulk     Lane = "bulk"
	LaneHead     Lane = "head"
	LaneOpen     Lane = "open"
	LaneTickets  Lane = "tickets"
	LaneTail     Lane = "tail"
	LaneBackfill Lane = "backfill"
)

// Lanes lists all lanes in the order in which pages show them.
var Lanes = []Lane{LaneStaff, LaneBulk, LaneHead, LaneOpen, LaneTickets, LaneTail, LaneBackfill}

// The ranks of lanes: calls that staff wait for, calls that keep the mirror fresh, and the rest, which can wait.
const (
	rankStaff = iota
	rankFresh
	rankRest
)

// rank returns the lane's rank; the lower rank goes first.
func (l Lane) rank() int {
	switch l {
	case LaneStaff:
		return rankStaff
	case LaneTail, LaneBackfill:
		return rankRest
	default:
		return rankFresh
	}
}

// laneOf returns the lane of a loop's calls.
func laneOf(loop models.Loop) Lane {
	switch loop {
	case models.LoopOpen:
		return LaneOpen
	case models.LoopTail:
		return LaneTail
	case models.LoopBackfill:
		return LaneBackfill
	default:
		return LaneHead
	}
}
