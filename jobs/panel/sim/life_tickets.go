package sim

import "time"

// arriveTalk adds a customer's message: about half of them in an open conversation, the others in a new ticket.
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

// running returns a recent ticket that staff answered last and that is not closed, or nil.
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

// sceneOf returns a minimal scene for texts without placeholders: follow-ups, thanks and general staff answers.
func (w *world) sceneOf(t *Ticket) *scene {
	return &scene{user: &User{Language: t.language}}
}

// customerSays appends a customer's message. The panel's own staff may answer it hours later.
func (w *world) customerSays(t *Ticket, html string) {
	t.say(Message{HTML: html, Sender: t.User, Created: w.stamp()})
	w.expectPanelStaff(t)
}

// expectAnswer makes about half of the customers answer a staff message within minutes.
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

// expectPanelStaff schedules an answer by the panel's own staff, in case the ticket has no other answer by then.
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
