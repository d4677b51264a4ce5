package handlers

import (
	"context"
	"strings"

	"masterpanel/models"
)

// empty explains why a list has no rows and offers a next step if there is one.
type empty struct{ Title, Words, URL, Action string }

// emptyState distinguishes four reasons for an empty list: no visible panel, filters without a match, a mirror that is
// still being filled, and a panel without data.
func (a *app) emptyState(ctx context.Context, l listing) (*empty, error) {
	switch {
	case l.def.Noun == models.ActivityList.Noun && !l.query.Filtered() && len(l.query.Panels) == 0:
		return &empty{Title: "Nothing here yet", Words: "Each action of a member appears here."}, nil
	case l.def.Noun == models.OutboxList.Noun && !l.query.Filtered() && len(l.query.Panels) == 0:
		return &empty{Title: "Nothing here yet", Words: "Each reply, payment and order change appears here when a member requests it."}, nil
	case len(l.viewer.Panels) == 0 && l.def.Resource != "":
		return noPanel(l.viewer), nil
	case len(l.query.Panels) > 0 && len(l.viewer.Scope(l.query.Panels)) == 0:
		return &empty{"Not allowed", "You do not have access to the panel in this address.", l.clearURL(), "Show your panels"}, nil
	case l.def.Noun == models.ReportList.Noun && !l.query.Filtered():
		return &empty{Title: "Nothing here yet", Words: "Each reported problem with a service appears here.", URL: "/services", Action: "Services"}, nil
	case l.def.Noun == models.TicketList.Noun && l.query.Part == "mentions" && l.query.Text == "" && len(l.query.Values) == 0:
		return &empty{Title: "No mentions", Words: "A ticket with a note that mentions you as @" + l.viewer.Username + " stays here until it is done."}, nil
	case l.query.Filtered() || l.def.Resource == "":
		_, many := rowWords(l.def)
		return &empty{"Nothing matches", "No " + many + " match these filters.", l.clearURL(), "Clear filters"}, nil
	}
	streams, err := a.DB.SyncStatuses(ctx, l.viewer, l.query.Panels)
	if err != nil {
		return nil, err
	}
	synced, keyless := 0, 0
	var trouble []string
	for _, s := range streams {
		if s.Resource != l.def.Resource {
			continue
		}
		if !s.LastSuccessAt.IsZero() {
			synced++
		}
		if s.Resource == models.Services && s.NoServicesKey {
			keyless++
		} else if syncNowDoes(s) != "" || s.Trouble != "" {
			panel, _ := l.viewer.Panel(s.PanelID)
			_, words := streamState(s, a.Now(), l.viewer.Zone)
			trouble = append(trouble, panel.ShortCode+": "+words)
		}
	}
	switch {
	case synced == 0 && keyless > 0:
		e := &empty{Title: "No services yet", Words: servicesWanted}
		if l.viewer.Can(models.PermManage) {
			e.URL, e.Action = "/settings/panels", "Panels settings"
		}
		return e, nil
	case len(trouble) > 0:
		return notRead(l, synced == 0, trouble), nil
	case synced == 0:
		return &empty{Title: "Not synced yet", Words: "The first " + l.def.Noun + " appear here after the panel answers."}, nil
	}
	if l.def.Noun == models.ServiceChangeList.Noun {
		return &empty{Title: "Nothing here yet", Words: "The services have not changed since the first read. Each change appears here.", URL: "/services", Action: "Services"}, nil
	}
	return &empty{Title: "Nothing here yet", Words: "The panel has no " + l.def.Noun + ". New ones appear automatically."}, nil
}

// notRead explains why panels of an empty list cannot be read.
func notRead(l listing, none bool, trouble []string) *empty {
	if more := len(trouble) - whyLines; more > 0 {
		trouble = append(trouble[:whyLines], plural(more, "more panel", "more panels")+" cannot be read either.")
	}
	e := &empty{Title: "Some " + l.def.Noun + " cannot be read", Words: strings.Join(trouble, " ")}
	if none {
		e.Title = "The " + l.def.Noun + " cannot be read"
	}
	if l.viewer.Can(models.PermManage) {
		e.URL, e.Action = "/settings/sync", "Open the sync settings"
	}
	return e
}

// noPanel is the message for a viewer without panels: how to connect one, or which person can help.
func noPanel(v models.Viewer) *empty {
	if v.Can(models.PermManage) {
		return &empty{"No panel is connected yet", "Connect your first panel. Its data arrives within a minute.", "/settings/panels", "Connect a panel"}
	}
	return &empty{Title: "You have no panel yet", Words: "Ask an owner or an admin for access to a panel."}
}
