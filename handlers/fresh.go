package handlers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// freshness is the header's line about the age of the data. It names the panels that are behind.
type freshness struct {
	URL, Tag string
	Words    string
	Why      string // the panels' streams that are behind, with the reason; one line each
	Settings string // the address of the page that explains it; "" for viewers without access
	At       stamp
	Bad      bool
	Paused   string // the panels that are paused
	Section  string // the section to refresh
	Next     string // the page to return to after a refresh without scripts
	Asked    bool   // a person just requested a refresh
}

// whyLines is how many streams the header explains. The sync settings explain all of them.
const whyLines = 6

// freshLine responds to the header's own poll.
func (a *app) freshLine(c *fiber.Ctx) error {
	v := viewer(c)
	section := c.Query("section")
	tag := a.freshTag(v, section)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	fresh, err := a.freshness(c.UserContext(), v, section)
	if err != nil {
		return err
	}
	return a.render(c, "shell/fresh", fresh)
}

func (a *app) freshTag(v models.Viewer, section string) string {
	return a.tag(v, "/freshness/"+section+a.turn(), jobs.SyncVersion)
}

// turn returns a part of a tag that changes every 15 seconds, for pages that also depend on the time. If all workers
// die, no version changes any more, and then a page must still show that a panel is behind.
func (a *app) turn() string { return "@" + strconv.FormatInt(a.Now().Unix()/15, 10) }

// feeding returns the resources whose streams decide the freshness of a section. A section without a resource of its
// own depends on all resources but services, which change rarely and are read hourly.
func feeding(section string) []models.Resource {
	if r := models.Resource(section); slices.Contains(models.Resources, r) {
		return []models.Resource{r}
	}
	return slices.DeleteFunc(slices.Clone(models.Resources), func(r models.Resource) bool { return r == models.Services })
}

// freshness computes the header line from the streams that feed a section.
func (a *app) freshness(ctx context.Context, v models.Viewer, section string) (freshness, error) {
	f := freshness{URL: "/freshness", Tag: a.freshTag(v, section)}
	if a.Feed.Lost() {
		return f.queueLost(v), nil
	}
	streams, err := a.DB.SyncStatuses(ctx, v, nil)
	if err != nil {
		return freshness{}, err
	}
	fed := feeding(section)
	if len(fed) == 1 {
		f.Section = section
		f.URL += "?section=" + section
	}
	var oldest time.Time
	var behind, why []string
	for _, s := range streams {
		if !slices.Contains(fed, s.Resource) || s.PanelPaused || s.Resource == models.Services && s.NoServicesKey {
			continue
		}
		panel, _ := v.Panel(s.PanelID)
		if s.Stale(a.Now()) {
			if len(behind) == 0 || behind[len(behind)-1] != panel.ShortCode {
				behind = append(behind, panel.ShortCode)
			}
			_, words := streamState(s, a.Now(), v.Zone)
			why = append(why, panel.ShortCode+" "+string(s.Resource)+": "+words)
			continue
		}
		if oldest.IsZero() || s.LastSuccessAt.Before(oldest) {
			oldest = s.LastSuccessAt
		}
	}
	switch {
	case len(behind) > 0:
		f.Words, f.Bad = "Behind: "+strings.Join(behind[:min(len(behind), 3)], ", "), true
		f.Why = strings.Join(why[:min(len(why), whyLines)], "\n")
		if v.Can(models.PermManage) {
			f.Settings = "/settings/sync"
		}
		if len(behind) > 3 {
			f.Words += " and " + number(int64(len(behind)-3)) + " more"
		}
	case !oldest.IsZero():
		f.Words, f.At = "Synced", newStamp(oldest, a.Now(), v.Zone)
	}
	if codes := held(v, v.Scope(nil), models.HoldPaused); len(codes) > 0 {
		f.Paused = namesOf(codes) + " paused"
	}
	return f, nil
}

// queueLost is the state while Redis is unreachable: no worker gets a job, so nothing is read from panels or sent to
// them.
func (f freshness) queueLost(v models.Viewer) freshness {
	f.Words, f.Bad = "Queue not reachable", true
	f.Why = "Redis does not answer. Changes are saved, and Masterpanel sends them when Redis is back. Until then it reads no panel."
	if v.Can(models.PermManage) {
		f.Settings = "/settings/sync"
	}
	return f
}
