package jobs

import (
	"testing"

	"masterpanel/models"
)

func TestAPaymentThatWasMadeAfterTheBackupIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.sync()
	made, waits := o.pay("anna", "12.50"), o.pay("anna", "3")
	o.work()
	// The backup was made while both were waiting. The panel keeps its data, because it is not part of the backup.
	o.exec(`SET session_replication_role = replica; UPDATE actions SET state = 'queued', attempts = 0, before = NULL, ended_at = NULL,
		due_at = created_at; UPDATE outbox_place SET place = 'elsewhere'; RESET session_replication_role`)
	o.work()
	for _, a := range []models.PanelAction{made, waits} {
		o.want("restored", a, models.ActionQueued, 1)
		if !o.now(a).AsksPerson() {
			t.Error("nobody is asked")
		}
		must(o.db.Decide(t.Context(), o.owner, a.ID, 0, models.SendAgain, "I did not find it"))(t)
	}
	o.work()
	o.want("sent again by mistake", made, models.ActionDone, 1)
	o.want("sent again by mistake", waits, models.ActionDone, 1)
}
