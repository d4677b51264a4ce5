package models

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"masterpanel/models/visible"
)

// ActionKind is the kind of an action. The names are stored, so they must not change.
type ActionKind string

// The kinds of actions.
const (
	KindReply         ActionKind = "reply"
	KindAddPayment    ActionKind = "add_payment"
	KindOpenTicket    ActionKind = "open_ticket"
	KindAddUser       ActionKind = "add_user"
	KindChangeStatus  ActionKind = "change_status"
	KindSetPartial    ActionKind = "set_partial"
	KindSetStartCount ActionKind = "set_start_count"
	KindSetRemains    ActionKind = "set_remains"
	KindEditLink      ActionKind = "edit_link"
	KindCancel        ActionKind = "cancel"
	KindRequestCancel ActionKind = "request_cancel"
	KindResend        ActionKind = "resend"
)

// KindInfo describes a kind. Permission "" allows every role but viewer. Money is true if the kind moves money: even a
// 429 then leaves it in doubt. Harmless is true if a second execution does no harm: workers then send it again if they
// looked for it and did not find it; for other kinds a person decides. Wait is the time before the worker sends it, in
// which its author can cancel it.
type KindInfo struct {
	Kind       ActionKind
	Label      string
	Resource   Resource
	Permission Permission
	Money      bool
	Harmless   bool
	Wait       time.Duration
	logged     Action
	check      func(ActionPayload, Invalid)
}

// ActionKinds lists all kinds in display order.
var ActionKinds = []KindInfo{
	{KindReply, "Reply", Tickets, "", false, false, 5 * time.Second, ActReply, checkReply},
	{KindAddPayment, "Add payment", Users, PermPaymentAdd, true, false, 0, ActAddPayment, checkPayment},
	{KindOpenTicket, "Open ticket", Users, "", false, false, 5 * time.Second, ActOpenTicket, checkTicket},
	{KindAddUser, "Add user", Users, PermUserAdd, false, false, 0, ActAddUser, checkUser},
	{KindChangeStatus, "Change status", Orders, PermOrderChange, false, true, 0, ActOrderStatus, checkStatus},
	{KindSetPartial, "Set partial", Orders, PermOrderCancel, true, false, 0, ActOrderPartial, checkPartial},
	{KindSetStartCount, "Set start count", Orders, PermOrderChange, false, true, 0, ActOrderStart, checkStartCount},
	{KindSetRemains, "Set remains", Orders, PermOrderChange, false, true, 0, ActOrderRemains, checkRemains},
	{KindEditLink, "Edit link", Orders, PermOrderChange, false, true, 0, ActOrderLink, checkLink},
	{KindCancel, "Cancel and refund", Orders, PermOrderCancel, true, false, 0, ActOrderCancel, checkCancel},
	{KindRequestCancel, "Request cancel", Orders, PermOrderCancel, false, true, 0, ActOrderRequestCancel, checkNothing},
	{KindResend, "Resend", Orders, PermOrderChange, true, false, 0, ActOrderResend, checkNothing},
}

// Info returns the description of the kind; ok is false for an unknown kind. The check of an unknown kind refuses every
// payload, so that a caller can look up a name from a form before it checks it.
func (k ActionKind) Info() (info KindInfo, ok bool) {
	i := slices.IndexFunc(ActionKinds, func(info KindInfo) bool { return info.Kind == k })
	if i < 0 {
		return KindInfo{check: checkUnknown}, false
	}
	return ActionKinds[i], true
}

// May reports whether the viewer may enqueue this kind on their panels.
func (k ActionKind) May(v Viewer) bool {
	info, known := k.Info()
	if info.Permission == "" {
		return known && v.StaffID != 0 && v.Role != RoleViewer
	}
	return known && v.StaffID != 0 && v.Can(info.Permission)
}

// Limits of the texts that are sent.
const (
	longestMessage = 50_000 // bytes
	longestText    = 500
	longestLink    = 2000
)

var largestAmount = decimal.New(1, 9)

// textProblem refuses texts that a panel or PostgreSQL would change.
func textProblem(text string, longest int) string {
	switch {
	case len(text) > longest:
		return "This is too long."
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return "This contains a character that cannot be sent. Type it again."
	}
	return ""
}

func (e Invalid) text(field, text string, longest int, empty string) {
	if problem := textProblem(text, longest); problem != "" {
		e[field] = problem
	} else if empty != "" && visible.Empty(text) {
		e[field] = empty
	}
}

func checkNothing(ActionPayload, Invalid) {}

func checkUnknown(_ ActionPayload, e Invalid) { e["kind"] = "Choose an action." }

func checkReply(p ActionPayload, e Invalid) {
	e.text("message", p.Message, longestMessage, "Write a message.")
}

func checkUser(p ActionPayload, e Invalid) {
	e.text("email", p.Email, longestText, "Enter an e-mail address.")
	if name, host, at := strings.Cut(p.Email, "@"); e["email"] == "" && (!at || name == "" || host == "" || strings.ContainsAny(p.Email, " \t\r\n<>")) {
		e["email"] = "Enter an e-mail address, such as name@example.com."
	}
}

func checkTicket(p ActionPayload, e Invalid) {
	e.text("subject", p.Subject, longestText, "Enter a subject.")
	checkReply(p, e)
}

func checkPayment(p ActionPayload, e Invalid) {
	switch amount := p.Amount.Decimal; {
	case p.Amount.Valid && amount.GreaterThan(largestAmount):
		e["amount"] = "This amount is too large. The maximum is 1,000,000,000."
	case p.Amount.Valid && !amount.Equal(amount.Truncate(8)):
		e["amount"] = "This amount has too many decimals. The maximum is 8."
	case !p.Amount.Valid || !amount.IsPositive():
		e["amount"] = "Enter an amount above 0, such as 12.50."
	}
	e.text("method", p.Method, longestText, "Choose a payment method.")
	e.text("memo", p.Memo, longestText, "")
}

// SettableStatuses are the statuses that staff can set on an order.
var SettableStatuses = []string{"pending", "in_progress", "processing", "completed"}

func checkStatus(p ActionPayload, e Invalid) {
	if !slices.Contains(SettableStatuses, p.Status) {
		e["status"] = "Choose pending, in progress, processing or completed."
	}
}

func checkPartial(p ActionPayload, e Invalid) {
	if p.Remains == nil || *p.Remains < 1 {
		e["remains"] = "Enter the remains: 1 or more."
	}
}

func checkRemains(p ActionPayload, e Invalid) {
	if p.Remains == nil || *p.Remains < 0 {
		e["remains"] = "Enter the remains: 0 or more."
	}
}

func checkStartCount(p ActionPayload, e Invalid) {
	if p.StartCount == nil || *p.StartCount < 0 {
		e["start_count"] = "Enter the start count: 0 or more."
	}
}

func checkLink(p ActionPayload, e Invalid) {
	e.text("link", p.Link, longestLink, "Enter a link.")
}

func checkCancel(p ActionPayload, e Invalid) {
	e.text("cancel_reason", p.CancelReason, longestText, "")
}
