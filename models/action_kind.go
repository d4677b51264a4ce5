package models

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"masterpanel/models/visible"
)

// ActionKind is what an action does. The names are stored, so they stay.
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

// KindInfo is what is known of a kind. Permission "" is everybody's but a viewer's. Money is true of what moves some:
// even a 429 leaves it in doubt. Harmless is true of what may be done twice, so that it is sent again by itself when it
// was looked for and not found; all else asks a person. Wait is for how long it can be cancelled before it is sent.
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

// ActionKinds are all there are, in the order in which they are shown.
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

// Info returns what is known of the kind; ok is false when there is none of that name. Its check then refuses every
// payload, so that a name from a form can be looked up before it is checked.
func (k ActionKind) Info() (info KindInfo, ok bool) {
	i := slices.IndexFunc(ActionKinds, func(info KindInfo) bool { return info.Kind == k })
	if i < 0 {
		return KindInfo{check: checkUnknown}, false
	}
	return ActionKinds[i], true
}

// May tells whether the viewer may do such a thing on their panels.
func (k ActionKind) May(v Viewer) bool {
	info, known := k.Info()
	if info.Permission == "" {
		return known && v.StaffID != 0 && v.Role != RoleViewer
	}
	return known && v.StaffID != 0 && v.Can(info.Permission)
}

// Bounds of what is sent.
const (
	longestMessage = 50_000 // bytes
	longestText    = 500
	longestLink    = 2000
)

var largestAmount = decimal.New(1, 9)

// textProblem refuses what a panel or PostgreSQL would change on the way.
func textProblem(text string, longest int) string {
	switch {
	case len(text) > longest:
		return "This is too long."
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return "This holds a character that cannot be sent; type it again."
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
		e["amount"] = "This amount is too large: the most is 1,000,000,000."
	case p.Amount.Valid && !amount.Equal(amount.Truncate(8)):
		e["amount"] = "This amount has too many decimals: the most is 8."
	case !p.Amount.Valid || !amount.IsPositive():
		e["amount"] = "Enter an amount above 0, such as 12.50."
	}
	e.text("method", p.Method, longestText, "Choose a payment method.")
	e.text("memo", p.Memo, longestText, "")
}

// SettableStatuses are those that an order's status can be changed to.
var SettableStatuses = []string{"pending", "in_progress", "processing", "completed"}

func checkStatus(p ActionPayload, e Invalid) {
	if !slices.Contains(SettableStatuses, p.Status) {
		e["status"] = "Choose pending, in progress, processing or completed."
	}
}

func checkPartial(p ActionPayload, e Invalid) {
	if p.Remains == nil || *p.Remains < 1 {
		e["remains"] = "Enter how many remain, at least 1."
	}
}

func checkRemains(p ActionPayload, e Invalid) {
	if p.Remains == nil || *p.Remains < 0 {
		e["remains"] = "Enter how many remain."
	}
}

func checkStartCount(p ActionPayload, e Invalid) {
	if p.StartCount == nil || *p.StartCount < 0 {
		e["start_count"] = "Enter the count at the start."
	}
}

func checkLink(p ActionPayload, e Invalid) {
	e.text("link", p.Link, longestLink, "Enter a link.")
}

func checkCancel(p ActionPayload, e Invalid) {
	e.text("cancel_reason", p.CancelReason, longestText, "")
}
