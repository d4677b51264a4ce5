package handlers

import (
	"cmp"
	"net/url"
	"strings"

	"masterpanel/models"
)

// adminURL returns the address of an action's target in the panel's own admin: the section that lists it, searched by
// ID or name. It returns "" if the panel has no https address, so that no stored text becomes another kind of link.
func adminURL(r models.OutboxRow) string {
	base, err := url.Parse(r.PanelURL)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.User != nil {
		return ""
	}
	section, search := string(r.Resource), cmp.Or(r.TargetName, pathID(r.TargetID))
	switch r.Kind {
	case models.KindAddPayment:
		section, search = string(models.Payments), cmp.Or(r.Reference, search)
	case models.KindOpenTicket:
		section = string(models.Tickets)
	}
	at := url.URL{Scheme: "https", Host: base.Host, Path: strings.TrimRight(base.Path, "/") + "/admin/" + section,
		RawQuery: url.Values{"search": {search}}.Encode()}
	return at.String()
}
