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

// freshness says in the header how old what is shown may be, and names the panels that are behind.
type freshness struct {
	URL, Tag string
	Words    string
	Why      string // which of the panels' streams are behind, and why, in a line for each
	Settings string // where it is explained, for those who may look
	At       stamp
	Bad      bool
	Paused   string // which of the panels are paused
	Section  string // what to refresh
	Next     string // where a plain refresh comes back to
	Asked    bool   // somebody has just asked for a refresh
}

// whyLines is how many streams the header explains; the settings explain all.
const whyLines = 6

// freshLine answers the header's own poll.
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

// turn makes a tag end by itself where what is shown also depends on the time: when all workers have died nothing
// moves a version, and it is then that a page must say that a panel is behind.
func (a *app) turn() string { return "@" + strconv.FormatInt(a.Now().Unix()/15, 10) }

// feeding are the resources that feed a section of the site; other sections look at all but services, which change
// rarely and are read hourly.
func feeding(section string) []models.Resource {
	if r := models.Resource(section); slices.Contains(models.Resources, r) {
		return []models.Resource{r}
	}
	return slices.DeleteFunc(slices.Clone(models.Resources), func(r models.Resource) bool { return r == models.Services })
}

// freshness looks at the streams that feed a section of the site.
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

// queueLost says that no worker gets anything to do: nothing is read from panels and nothing is sent to them.
func (f freshness) queueLost(v models.Viewer) freshness {
	f.Words, f.Bad = "Queue not reachable", true
	f.Why = "Redis does not answer. Changes are saved and go out when it is back. Until then no panel is read."
	if v.Can(models.PermManage) {
		f.Settings = "/settings/sync"
	}
	return f
}
