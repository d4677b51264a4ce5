package jobs

import (
	"fmt"
	"strings"
	"time"

	"masterpanel/jobs/panel"
	"masterpanel/models"
)

// Limits on the shape of a history. A faulty panel can invent records without end; each limit is far above the
// numbers of a real shop.
const (
	// stuckPages is how many full pages in a row may bring no new smallest or largest id, or contain a single moment
	// only.
	stuckPages = 20
	// newerMost is how many records of a history may be newer than the newest record at the start of the walk. A
	// tenth of the records read is added, for long walks through the list of a busy shop.
	newerMost = 20_000
	// futureMost is how many records may be dated more than futureBy after the start of the walk.
	futureMost = 1000
	futureBy   = 7 * day
)

// doubt returns why a history is not plausible after a page that is not the last one, or "" if it is plausible. When
// staff let a stopped backfill continue, Allowed many records are not checked.
func (c *backfillCursor) doubt(b batch, most int) string {
	c.note(b)
	switch {
	case c.Read <= c.Allowed:
		return ""
	case c.Read > c.High+newerMost && c.High > 0:
		return fmt.Sprintf("it lists more records than its largest id, %d", c.High)
	case c.Beyond > newerMost+c.Read/10:
		return fmt.Sprintf("it lists %d records that are newer than its newest one", c.Beyond)
	case c.Stuck >= stuckPages:
		return fmt.Sprintf("%d pages in a row have no id below the smallest or above the largest", c.Stuck)
	case c.Same >= stuckPages:
		return fmt.Sprintf("all records on %d pages in a row have the same second", c.Same)
	case c.Future > futureMost:
		return fmt.Sprintf("it lists %d records that are dated in the future", c.Future)
	case c.Read > most:
		return fmt.Sprintf("it is longer than the %d records that the settings allow", most)
	}
	return ""
}

// note counts the signs of an implausible list on a page.
func (c *backfillCursor) note(b batch) {
	moved := false
	for _, m := range b.marks {
		if c.Low == 0 || m.id < c.Low {
			c.Low, moved = m.id, true
		}
		if int(m.id) > c.High {
			c.High, moved = int(m.id), true
		}
		if c.Newest > 0 && m.id > c.Newest {
			c.Beyond++
		}
		if m.created.After(time.Unix(c.Until, 0).Add(futureBy)) {
			c.Future++
		}
	}
	c.Stuck++
	if moved {
		c.Stuck = 0
	}
	c.Same++
	if n := len(b.marks); n == 0 || b.marks[0].created.IsZero() || !b.marks[0].created.Equal(b.marks[n-1].created) || b.marks[0].created.Unix() != c.At {
		c.Same = 0
	}
}

// repeated returns how many records of a page came earlier in this walk, beyond the ones that pages read twice on
// purpose. It adds the page to walked, and empties walked when it grows large.
func repeated(b batch, walked map[int64]bool, onPurpose int) int {
	n := 0
	for _, m := range b.marks {
		if walked[m.id] {
			n++
		}
	}
	if len(walked) > stuckPages*panel.MaxLimit {
		clear(walked)
	}
	for _, m := range b.marks {
		walked[m.id] = true
	}
	return max(0, n-onPurpose)
}

// trouble describes the problems that the walk found so far, or returns "".
func (c *backfillCursor) trouble(r models.Resource) string {
	var said []string
	if c.Bad > 0 {
		said = append(said, fmt.Sprintf("History: %d of %d %s cannot be read and are set aside. First reason: %s.", c.Bad, c.Read, r, c.Reason))
	}
	if c.Repeats > 0 {
		said = append(said, fmt.Sprintf("History: %d ids came twice in the list, so the worker reads it twice.", c.Repeats))
	}
	if c.Stopped != "" {
		said = append(said, fmt.Sprintf("The worker stopped reading the history after %d %s: %s. If that is right, press \"Read on\".", c.Read, r, c.Stopped))
	}
	return strings.Join(said, " ")
}
