package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"masterpanel/models"
)

const (
	// presentFor is how long a person counts as viewing a ticket after their page last asked for it.
	presentFor = 20 * time.Second
	// writesFor is how long a person counts as typing after their last keystroke.
	writesFor = 10 * time.Second
)

// PresenceVersion is the version key that changes when a person opens a ticket of the panel, leaves it, or starts to
// type.
func PresenceVersion(panelID int64) string { return "presence:" + strconv.FormatInt(panelID, 10) }

// Presence records who views which ticket now. It is stored in Redis only: if Redis is emptied, it is complete again
// within seconds.
type Presence struct {
	redis    redis.UniversalClient
	versions *Versions
	now      func() time.Time
}

// NewPresence stores presence in the given Redis. If now is nil, it uses time.Now.
func NewPresence(r redis.UniversalClient, versions *Versions, now func() time.Time) *Presence {
	if now == nil {
		now = time.Now
	}
	return &Presence{r, versions, now}
}

// Present is a person who views a ticket.
type Present struct {
	Ticket   int64
	StaffID  int64
	Username string
	Writes   bool
}

// present is the stored form: the times of the last visit and the last keystroke, in unix milliseconds.
type present struct {
	Username string `json:"u"`
	At       int64  `json:"a"`
	Wrote    int64  `json:"w,omitempty"`
}

func presenceKey(panelID int64) string {
	return "masterpanel:presence:" + strconv.FormatInt(panelID, 10)
}

func presenceField(ticket, staffID int64) string {
	return strconv.FormatInt(ticket, 10) + ":" + strconv.FormatInt(staffID, 10)
}

// At records that the viewer has a ticket open and, if writes is set, that they are typing. It bumps the version only
// if this is new.
func (p *Presence) At(ctx context.Context, v models.Viewer, key models.Key, writes bool) error {
	now := p.now()
	was, known, err := p.one(ctx, v, key)
	if err != nil {
		return err
	}
	is := present{Username: v.Username, At: now.UnixMilli(), Wrote: was.Wrote}
	if writes {
		is.Wrote = is.At
	}
	text, err := json.Marshal(is)
	if err != nil {
		return err
	}
	pipe := p.redis.Pipeline()
	pipe.HSet(ctx, presenceKey(key.PanelID), presenceField(key.ID, v.StaffID), text)
	pipe.Expire(ctx, presenceKey(key.PanelID), time.Hour)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("recording a viewer of a ticket: %w", err)
	}
	if known && was.there(now) && was.writes(now) == is.writes(now) {
		return nil
	}
	return p.versions.Bump(ctx, PresenceVersion(key.PanelID))
}

func (p *Presence) one(ctx context.Context, v models.Viewer, key models.Key) (is present, known bool, err error) {
	text, err := p.redis.HGet(ctx, presenceKey(key.PanelID), presenceField(key.ID, v.StaffID)).Result()
	if err == redis.Nil {
		return present{}, false, nil
	}
	if err != nil {
		return present{}, false, fmt.Errorf("reading the viewers of a ticket: %w", err)
	}
	return is, json.Unmarshal([]byte(text), &is) == nil, nil
}

func (is present) there(now time.Time) bool {
	return now.Sub(time.UnixMilli(is.At)) < presentFor
}

func (is present) writes(now time.Time) bool {
	return now.Sub(time.UnixMilli(is.Wrote)) < writesFor
}

// On returns by panel who views its tickets, without the viewer. It reads only panels that the viewer may see, and
// deletes expired entries on the way.
func (p *Presence) On(ctx context.Context, v models.Viewer, panelIDs []int64) (map[int64][]Present, error) {
	pipe := p.redis.Pipeline()
	asked := map[int64]*redis.MapStringStringCmd{}
	for _, id := range panelIDs {
		if _, mine := v.Panel(id); mine {
			asked[id] = pipe.HGetAll(ctx, presenceKey(id))
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("reading the viewers of tickets: %w", err)
	}
	on := map[int64][]Present{}
	for id, fields := range asked {
		there, gone := p.sort(fields.Val(), v.StaffID)
		on[id] = there
		if len(gone) > 0 {
			p.redis.HDel(ctx, presenceKey(id), gone...)
		}
	}
	return on, nil
}

func (p *Presence) sort(fields map[string]string, but int64) (there []Present, gone []string) {
	now := p.now()
	for field, text := range fields {
		var is present
		ticket, staffID, ok := parsePresence(field)
		if !ok || json.Unmarshal([]byte(text), &is) != nil || !is.there(now) {
			gone = append(gone, field)
			continue
		}
		if staffID != but {
			there = append(there, Present{ticket, staffID, is.Username, is.writes(now)})
		}
	}
	slices.SortFunc(there, func(a, b Present) int { return strings.Compare(a.Username, b.Username) })
	return there, gone
}

func parsePresence(field string) (ticket, staffID int64, ok bool) {
	before, after, found := strings.Cut(field, ":")
	ticket, err := strconv.ParseInt(before, 10, 64)
	if err != nil || !found {
		return 0, 0, false
	}
	staffID, err = strconv.ParseInt(after, 10, 64)
	return ticket, staffID, err == nil
}
