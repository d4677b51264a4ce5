package jobs

import "masterpanel/models"

// Lane is what a call is for. It decides who goes first at a panel, and whom the call is counted for.
type Lane string

// The lanes. Staff wait for what is in the first. What they asked for in bulk goes as the next three do, which keep the
// mirror fresh, so that no single thing stands behind it. The last two, and what they read, can wait: they go only while
// no call of the others waits for its turn.
const (
	LaneStaff    Lane = "staff"
	LaneBulk     Lane = "bulk"
	LaneHead     Lane = "head"
	LaneOpen     Lane = "open"
	LaneTickets  Lane = "tickets"
	LaneTail     Lane = "tail"
	LaneBackfill Lane = "backfill"
)

// Lanes are all lanes, in the order in which they are shown.
var Lanes = []Lane{LaneStaff, LaneBulk, LaneHead, LaneOpen, LaneTickets, LaneTail, LaneBackfill}

// The ranks of lanes: what staff wait for, what keeps the mirror fresh, and the rest, which can wait.
const (
	rankStaff = iota
	rankFresh
	rankRest
)

// rank tells who goes first: the lower.
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

// laneOf is the lane of a loop's calls.
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
