package handlers

import (
	"strings"

	"masterpanel/models"
)

// heldBadges maps the reasons for which a panel accepts no calls to badges.
var heldBadges = map[models.Hold]badge{
	models.HoldPaused: {Label: "Paused", Tone: "off"}, models.HoldKey: {Label: "Needs key", Tone: "failed"},
	models.HoldCheck: {Label: "Comparing", Tone: "waiting"},
}

// heldBadge returns the badge of a panel that accepts no calls now, or nil.
func heldBadge(p models.PanelRef) *badge {
	if b, held := heldBadges[p.Hold]; held {
		return &b
	}
	return nil
}

// held returns the short codes of the panels in a scope that accept no calls now for the given reason.
func held(v models.Viewer, scope []int64, why models.Hold) (codes []string) {
	for _, id := range scope {
		if p, mine := v.Panel(id); mine && p.Hold == why {
			codes = append(codes, p.ShortCode)
		}
	}
	return codes
}

// namesShown is how many panels a sentence lists by name.
const namesShown = 3

// namesOf names the first panels and gives the number of the others.
func namesOf(codes []string) string {
	if len(codes) <= namesShown {
		return strings.Join(codes, ", ")
	}
	return strings.Join(codes[:namesShown], ", ") + " and " + number(int64(len(codes)-namesShown)) + " more"
}

// heldNotice returns the notice above a list that some of its panels are paused or compared with the mirror; "" if none is.
func heldNotice(v models.Viewer, scope []int64) string {
	var words []string
	for _, hold := range []struct {
		why       models.Hold
		one, many string
	}{
		{models.HoldPaused, " is paused. Nothing is read from it or sent to it until it is resumed.",
			" are paused. Nothing is read from them or sent to them until they are resumed."},
		{models.HoldCheck, " has a new address or key. Masterpanel compares its newest records with the mirror before it reads or sends anything.",
			" have a new address or key. Masterpanel compares their newest records with the mirror before it reads or sends anything."},
	} {
		switch codes := held(v, scope, hold.why); len(codes) {
		case 0:
		case 1:
			words = append(words, codes[0]+hold.one)
		default:
			words = append(words, namesOf(codes)+hold.many)
		}
	}
	return strings.Join(words, " ")
}
