package sim

import "time"

// arriveTalk is a customer who writes: half of them in a conversation that runs, else in a new ticket.
func (w *world) arriveTalk() {
	if t := w.running(); t != nil && w.chance(0.45) {
		w.customerSays(t, w.says(w.sceneOf(t), pick(w, []string{"more", "more", "thanks"})))
		return
	}
	if len(w.orders.rows) == 0 {
		return
	}
	rows := w.orders.rows
	s := w.scene(rows[len(rows)-1-w.skewed(min(len(rows), 600), 1.5)])
	t := draftTicket(s.user, w.subject(s), w.stamp())
	w.fileTicket(t)
	w.customerSays(t, w.opening(s))
}

// running is one of the latest tickets that staff answered and nobody closed, or nil.
func (w *world) running() *Ticket {
	rows := w.tickets.rows
	for range 8 {
		if len(rows) == 0 {
			break
		}
		if t := rows[len(rows)-1-w.skewed(min(len(rows), 200), 1.5)]; t.Status == TicketAnswered && t.lastIsStaff() {
			return t
		}
	}
	return nil
}

// sceneOf is enough of a scene for texts without holes: follow-ups, thanks and staff's general answers.
func (w *world) sceneOf(t *Ticket) *scene {
	return &scene{user: &User{Language: t.language}}
}

// customerSays appends a customer's message; the panel's own staff may answer it hours later.
func (w *world) customerSays(t *Ticket, html string) {
	t.say(Message{HTML: html, Sender: t.User, Created: w.stamp()})
	w.expectPanelStaff(t)
}

// expectAnswer lets about half of the customers answer a staff message within minutes.
func (w *world) expectAnswer(t *Ticket) {
	if w.rates.Talk > 0 && w.chance(0.5) {
		w.in(20_000+w.around(2*time.Minute), customerAnswers, t.ID)
	}
}

func (w *world) customerAnswers(t *Ticket) {
	if t != nil && t.Status == TicketAnswered && t.lastIsStaff() {
		w.customerSays(t, w.says(w.sceneOf(t), pick(w, []string{"more", "thanks"})))
	}
}

// expectPanelStaff plans that somebody answers in the panel itself, if nobody did by then.
func (w *world) expectPanelStaff(t *Ticket) {
	if w.rates.Talk > 0 && w.chance(0.8) {
		w.in(30*60_000+w.around(3*time.Hour), panelStaffSpeaks, t.ID)
	}
}

func (w *world) panelStaffSpeaks(t *Ticket) {
	if t == nil || t.Status != TicketPending {
		return
	}
	staff := pick(w, w.profile.staff)
	t.Assignee = staff
	w.staffSays(t, staff, w.says(w.sceneOf(t), "staff"))
}
