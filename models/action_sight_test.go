package models_test

import (
	"testing"

	"masterpanel/models"
)

func TestWhatThePanelShowsTellsWhetherAnActionWasApplied(t *testing.T) {
	t.Parallel()
	n := func(n int64) *int64 { return &n }
	offers := func(may bool) map[string]bool { return map[string]bool{"request_cancel": may} }
	order := func(status string) models.Sight { return models.Sight{Status: status} }
	tests := []struct {
		kind     models.ActionKind
		payload  models.ActionPayload
		was, now models.Sight
		want     models.Finding
	}{
		{models.KindReply, models.ActionPayload{}, models.Sight{Copies: 1}, models.Sight{Copies: 2}, models.Applied},
		{models.KindReply, models.ActionPayload{}, models.Sight{Copies: 1}, models.Sight{Copies: 1}, models.NotApplied},
		{models.KindReply, models.ActionPayload{}, models.Sight{Copies: 1}, models.Sight{Copies: 0}, models.Unclear},
		{models.KindReply, models.ActionPayload{}, models.Sight{}, models.Sight{Unread: 1}, models.Unclear},
		{models.KindAddPayment, models.ActionPayload{}, models.Sight{}, models.Sight{Copies: 1}, models.Applied},
		{models.KindAddPayment, models.ActionPayload{}, models.Sight{}, models.Sight{}, models.NotApplied},
		{models.KindOpenTicket, models.ActionPayload{}, models.Sight{}, models.Sight{Copies: 1}, models.Applied},
		{models.KindOpenTicket, models.ActionPayload{}, models.Sight{Copies: 1}, models.Sight{Copies: 1}, models.NotApplied},
		{models.KindOpenTicket, models.ActionPayload{}, models.Sight{}, models.Sight{Unread: 1}, models.Unclear},
		{models.KindChangeStatus, models.ActionPayload{Status: "completed"}, order("pending"), order("completed"), models.Applied},
		{models.KindChangeStatus, models.ActionPayload{Status: "completed"}, order("pending"), order("pending"), models.NotApplied},
		{models.KindChangeStatus, models.ActionPayload{Status: "completed"}, order("pending"), order("in_progress"), models.Unclear},
		{models.KindCancel, models.ActionPayload{}, order("pending"), order("canceled"), models.Applied},
		{models.KindCancel, models.ActionPayload{}, order("pending"), order("pending"), models.NotApplied},
		{models.KindCancel, models.ActionPayload{}, order("in_progress"), order("completed"), models.Unclear},
		{models.KindSetPartial, models.ActionPayload{Remains: n(4)}, order("pending"), models.Sight{Status: "partial", Remains: n(4)}, models.Applied},
		{models.KindSetPartial, models.ActionPayload{Remains: n(4)}, order("pending"), models.Sight{Status: "partial", Remains: n(5)}, models.Unclear},
		{models.KindSetRemains, models.ActionPayload{Remains: n(4)}, models.Sight{Remains: n(9)}, models.Sight{Remains: n(4)}, models.Applied},
		{models.KindSetRemains, models.ActionPayload{Remains: n(4)}, models.Sight{Remains: n(9)}, models.Sight{Remains: n(9)}, models.NotApplied},
		{models.KindSetRemains, models.ActionPayload{Remains: n(4)}, models.Sight{Remains: n(9)}, models.Sight{Remains: n(8)}, models.Unclear},
		{models.KindSetStartCount, models.ActionPayload{StartCount: n(4)}, models.Sight{}, models.Sight{StartCount: n(4)}, models.Applied},
		{models.KindSetStartCount, models.ActionPayload{StartCount: n(4)}, models.Sight{}, models.Sight{}, models.NotApplied},
		{models.KindEditLink, models.ActionPayload{Link: "b"}, models.Sight{Link: "a"}, models.Sight{Link: "b"}, models.Applied},
		{models.KindEditLink, models.ActionPayload{Link: "b"}, models.Sight{Link: "a"}, models.Sight{Link: "c"}, models.Unclear},
		{models.KindResend, models.ActionPayload{}, order("fail"), order("pending"), models.Applied},
		{models.KindResend, models.ActionPayload{}, order("fail"), order("fail"), models.NotApplied},
		{models.KindResend, models.ActionPayload{}, order("fail"), order("canceled"), models.Unclear},
		{models.KindRequestCancel, models.ActionPayload{}, models.Sight{Offers: offers(true)}, models.Sight{Offers: offers(false)}, models.Applied},
		{models.KindRequestCancel, models.ActionPayload{}, models.Sight{Offers: offers(true)}, models.Sight{Offers: offers(true)}, models.NotApplied},
		{models.KindRequestCancel, models.ActionPayload{}, models.Sight{Status: "pending", Offers: offers(true)}, models.Sight{Status: "completed", Offers: offers(false)}, models.Unclear},
		{models.KindRequestCancel, models.ActionPayload{}, models.Sight{}, models.Sight{}, models.Unclear},
	}
	for _, tt := range tests {
		a := models.PanelAction{Kind: tt.kind, Payload: tt.payload, Before: &tt.was}
		if got := a.Look(tt.now); got != tt.want {
			t.Errorf("%s, from %+v to %+v: got %d, want %d", tt.kind, tt.was, tt.now, got, tt.want)
		}
	}
}

func TestAnOrderSaysWhyAnActionCannotBeDone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind models.ActionKind
		now  models.Sight
		may  bool
	}{
		{models.KindChangeStatus, models.Sight{Status: "completed"}, true},
		{models.KindChangeStatus, models.Sight{Status: "canceled"}, false},
		{models.KindSetPartial, models.Sight{Status: "completed"}, true},
		{models.KindSetPartial, models.Sight{Status: "partial"}, false},
		{models.KindSetRemains, models.Sight{Status: "pending"}, false},
		{models.KindSetRemains, models.Sight{Status: "in_progress"}, true},
		{models.KindEditLink, models.Sight{Status: "completed"}, false},
		{models.KindCancel, models.Sight{Status: "in_progress"}, true},
		{models.KindCancel, models.Sight{Status: "in_progress", Offers: map[string]bool{"cancel_and_refund": false}}, false},
		{models.KindRequestCancel, models.Sight{Status: "in_progress", Mode: "manual"}, false},
		{models.KindRequestCancel, models.Sight{Status: "in_progress", Mode: "auto"}, true},
		{models.KindRequestCancel, models.Sight{Status: "fail", Mode: "auto"}, false},
		{models.KindResend, models.Sight{Status: "fail"}, true},
		{models.KindResend, models.Sight{Status: "pending"}, false},
	}
	for _, tt := range tests {
		if problem := tt.kind.OrderProblem(tt.now); (problem == "") != tt.may {
			t.Errorf("%s on %+v: got %q, want it possible: %v", tt.kind, tt.now, problem, tt.may)
		}
	}
}
