package models_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"masterpanel/models"
)

// tab returns the ids of a tab's tickets, in the list's order.
func (d *desk) tab(v models.Viewer, query string) (ids []int64) {
	d.t.Helper()
	page, err := d.db.Tickets(d.t.Context(), v, parse(d.t, models.TicketList, query))
	d.must(err)
	for _, row := range page.Rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func TestTheTabsOfTicketsCountWhatTheyShow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.hire("agent", models.RoleAgent, d.panel)
	for id := int64(1); id <= 6; id++ {
		d.customer(id, int(10-id))
	}
	ctx := t.Context()
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(1), d.owner.StaffID))
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(2), agent.StaffID))
	d.must(d.db.FinishTicket(ctx, d.owner, d.key(3), 1))
	d.must(d.db.SnoozeTicket(ctx, d.owner, d.key(4), models.Snooze{}, 1))
	d.must(d.db.AssignTicket(ctx, d.owner, d.key(5), d.owner.StaffID))
	d.staff(5, 20)
	for _, id := range []int64{2, 3, 6} { // 3 is done: it stays until the note was seen
		d.must(d.db.AddTicketNote(ctx, agent, d.key(id), "@owner"))
	}
	for query, want := range map[string][]int64{
		"tab=waiting": {6, 2, 1}, "tab=mine": {1, 5}, "tab=unassigned": {6}, "tab=mentions": {6, 2, 3}, "tab=snoozed": {4}, "tab=done": {3},
		"": {6, 2, 1, 3, 4, 5}, "tab=waiting&assignee=agent": {2}, "assignee=none": {6, 3, 4}, "tab=mine&q=Refill": {1, 5}, "tab=nonsense": {6, 2, 1, 3, 4, 5},
	} {
		got := d.tab(d.owner, query)
		if !slices.Equal(got, want) {
			t.Errorf("%q shows %v, want %v", query, got, want)
		}
		shown, _, parts, err := d.db.PartCounts(ctx, d.owner, models.TicketList, parse(t, models.TicketList, query))
		if d.must(err); shown.N != int64(len(want)) {
			t.Errorf("%q counts %d, shows %d", query, shown.N, len(want))
		}
		for _, p := range parts {
			values, _ := url.ParseQuery(query)
			values.Set("tab", p.Part.Name)
			if n := len(d.tab(d.owner, values.Encode())); p.Count.N != int64(n) {
				t.Errorf("under %q tab %s says %d and shows %d", query, p.Part.Name, p.Count.N, n)
			}
		}
	}
	for _, id := range []int64{3, 6} {
		_, err := d.db.SeeMentions(ctx, d.owner, d.key(id))
		d.must(err)
	}
	unseen, err := d.db.UnseenMentions(ctx, d.owner)
	if d.must(err); unseen != 1 || !slices.Equal(d.tab(d.owner, "tab=mentions"), []int64{6, 2}) || len(d.tab(agent, "tab=mentions")) != 0 {
		t.Errorf("%d are unseen, and the tab shows %v", unseen, d.tab(d.owner, "tab=mentions"))
	}
	if got := d.tab(agent, "tab=mine"); !slices.Equal(got, []int64{2}) {
		t.Errorf("the agent's own: %v", got)
	}
	n, err := d.db.WaitingTickets(ctx, d.owner)
	if d.must(err); n != 3 {
		t.Errorf("%d tickets need a reply, want 3", n)
	}
	outsider := d.hire("outsider", models.RoleAgent)
	if n, err := d.db.WaitingTickets(ctx, outsider); err != nil || n != 0 || len(d.tab(outsider, "")) != 0 {
		t.Errorf("somebody of no panel sees %d, %v", n, err)
	}
}

func TestNeighboursFollowTheQueue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id := int64(1); id <= 3; id++ {
		d.customer(id, int(id))
	}
	for id, want := range map[int64][2]int64{1: {0, 2}, 2: {1, 3}, 3: {2, 0}} {
		row, _, err := d.db.Ticket(t.Context(), d.owner, d.key(id))
		d.must(err)
		before, after, err := d.db.TicketNeighbours(t.Context(), d.owner, row)
		if d.must(err); before.ID != want[0] || after.ID != want[1] {
			t.Errorf("beside %d stand %d and %d, want %v", id, before.ID, after.ID, want)
		}
	}
}

func TestALongWaitIsShownAsOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id, minute := range map[int64]int{1: 0, 2: 30, 3: 55} {
		d.customer(id, minute)
	}
	d.now = deskStart.Add(time.Hour)
	d.must(d.db.SetTicketSettings(t.Context(), d.owner, models.TicketSettings{WarnMinutes: 15, LateMinutes: 60}))
	page, err := d.db.Tickets(t.Context(), d.owner, parse(t, models.TicketList, ""))
	d.must(err)
	var heats []models.Heat
	for _, row := range page.Rows {
		if !row.WarmAt.Equal(row.DueSince.Add(15*time.Minute)) || !row.HotAt.Equal(row.DueSince.Add(time.Hour)) {
			t.Errorf("ticket %d is long from %s and too long from %s", row.ID, row.WarmAt, row.HotAt)
		}
		heats = append(heats, row.Heat)
	}
	if fmt.Sprint(heats) != fmt.Sprint([]models.Heat{models.Hot, models.Warm, models.Cool}) {
		t.Errorf("heats %v", heats)
	}
}

func TestWhoIsNamedInANoteIsToldOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ann, anna := d.hire("ann", models.RoleAgent, d.panel), d.hire("anna", models.RoleViewer, d.panel)
	outsider := d.hire("bob", models.RoleAgent)
	d.customer(1, 0)
	ctx := t.Context()
	d.must(d.db.AddTicketNote(ctx, d.owner, d.key(1), "@Ann, and @bob. Please look"))
	told := func(v models.Viewer) int {
		notes, err := d.db.Mentions(ctx, v)
		d.must(err)
		return len(notes)
	}
	if told(ann) != 1 || told(anna) != 0 || told(outsider) != 0 || told(d.owner) != 0 {
		t.Errorf("told: ann %d, anna %d, bob %d, owner %d", told(ann), told(anna), told(outsider), told(d.owner))
	}
	notes, err := d.db.TicketNotes(ctx, anna, d.key(1))
	if d.must(err); len(notes) != 1 || notes[0].Username != "owner" {
		t.Errorf("notes: %v", notes)
	}
	if notes, err := d.db.TicketNotes(ctx, outsider, d.key(1)); err != nil || len(notes) != 0 {
		t.Errorf("somebody of another panel reads %v, %v", notes, err)
	}
	seen, err := d.db.SeeMentions(ctx, ann, d.key(1))
	if d.must(err); !seen || told(ann) != 0 {
		t.Error("what was seen is told again")
	}
	if err := d.db.AddTicketNote(ctx, d.owner, d.key(1), "  "); !errors.As(err, new(models.Invalid)) {
		t.Errorf("an empty note: %v", err)
	}
}

func TestManyTicketsAreDoneAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id := int64(1); id <= 3; id++ {
		d.customer(id, int(id))
	}
	chosen, err := models.ParseSelection(models.TicketList, url.Values{"ids": {fmt.Sprintf("%d-1,%d-3,%d-9", d.panel, d.panel, d.panel)}}, time.UTC, d.now)
	d.must(err)
	panels, err := d.db.OnSelectedTickets(t.Context(), d.owner, chosen, models.DeskDone)
	if d.must(err); !slices.Equal(panels, []int64{d.panel}) {
		t.Errorf("moved %v", panels)
	}
	if got := d.tab(d.owner, "tab=done&sort=id"); !slices.Equal(got, []int64{1, 3}) {
		t.Errorf("done: %v", got)
	}
	if _, err := d.db.OnSelectedTickets(t.Context(), d.hire("viewer", models.RoleViewer, d.panel), chosen, models.DeskMine); !errors.Is(err, models.ErrNotAllowed) {
		t.Errorf("a viewer: %v", err)
	}
}
