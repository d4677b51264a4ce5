package models

// Action is the name of an action in the log. Names never change, because a new name would rewrite the past.
type Action string

// The actions that are recorded.
const (
	ActLogIn           Action = "login"
	ActLogOut          Action = "logout"
	ActConfirmPassword Action = "login.confirm"
	ActEndSession      Action = "session.end"
	ActEndSessions     Action = "session.end_others"

	ActPassword      Action = "account.password"
	ActTimeZone      Action = "account.time_zone"
	ActTwoFactorOn   Action = "account.two_factor_on"
	ActTwoFactorOff  Action = "account.two_factor_off"
	ActRecoveryCodes Action = "account.recovery_codes"

	ActAddStaff       Action = "staff.add"
	ActInviteStaff    Action = "staff.invite"
	ActAcceptInvite   Action = "staff.accept"
	ActChangeStaff    Action = "staff.change"
	ActStaffPassword  Action = "staff.password"
	ActStaffTwoFactor Action = "staff.two_factor_off"
	ActStaffSessions  Action = "staff.end_sessions"
	ActDisableStaff   Action = "staff.disable"
	ActEnableStaff    Action = "staff.enable"
	ActRemoveStaff    Action = "staff.remove"
	ActLoginSettings  Action = "settings.login"

	ActAddPanel    Action = "panel.add"
	ActChangePanel Action = "panel.change"
	ActPausePanel  Action = "panel.pause"
	ActResumePanel Action = "panel.resume"
	ActTestPanel   Action = "panel.test"
	ActRemovePanel Action = "panel.remove"

	ActSyncSettings      Action = "settings.sync"
	ActResourceSettings  Action = "settings.resource"
	ActRetention         Action = "settings.retention"
	ActActivityRetention Action = "settings.activity"
	ActPurged            Action = "retention.purged"
	ActSyncNow           Action = "sync.now"
	ActReread            Action = "sync.reread"
	ActReadOn            Action = "sync.read_on"
	ActRotateKeys        Action = "keys.rotate"

	ActAddPaymentMethod    Action = "payment_method.add"
	ActChangePaymentMethod Action = "payment_method.change"
	ActRemovePaymentMethod Action = "payment_method.remove"
	ActPaymentLimits       Action = "settings.payment_limits"
	ActProposePayment      Action = "payment.propose"
	ActApprovePayment      Action = "payment.approve"
	ActDeclinePayment      Action = "payment.decline"
	ActWithdrawPayment     Action = "payment.withdraw"

	ActReply              Action = "ticket.reply"
	ActTicketAssign       Action = "ticket.assign"
	ActTicketReturn       Action = "ticket.return"
	ActTicketDone         Action = "ticket.done"
	ActTicketReopen       Action = "ticket.reopen"
	ActTicketSnooze       Action = "ticket.snooze"
	ActTicketWake         Action = "ticket.wake"
	ActTicketLink         Action = "ticket.link"
	ActTicketNote         Action = "ticket.note"
	ActTicketUndo         Action = "ticket.undo"
	ActTicketSettings     Action = "settings.tickets"
	ActAddPayment         Action = "payment.add"
	ActOpenTicket         Action = "ticket.open"
	ActAddUser            Action = "user.add"
	ActOrderStatus        Action = "order.status"
	ActOrderPartial       Action = "order.partial"
	ActOrderStart         Action = "order.start_count"
	ActOrderRemains       Action = "order.remains"
	ActOrderLink          Action = "order.link"
	ActOrderCancel        Action = "order.cancel"
	ActOrderRequestCancel Action = "order.request_cancel"
	ActOrderResend        Action = "order.resend"
	ActOutboxCancel       Action = "outbox.cancel"
	ActOutboxWentThrough  Action = "outbox.went_through"
	ActOutboxSendAgain    Action = "outbox.send_again"
	ActOutboxNotSent      Action = "outbox.not_sent"
	ActOutboxRetention    Action = "settings.outbox"

	ActAddView    Action = "saved_view.add"
	ActChangeView Action = "saved_view.change"
	ActDeleteView Action = "saved_view.delete"

	ActAddCanned    Action = "canned_reply.add"
	ActChangeCanned Action = "canned_reply.change"
	ActRemoveCanned Action = "canned_reply.remove"

	ActReport        Action = "report.add"
	ActResolveReport Action = "report.resolve"
	ActReopenReport  Action = "report.reopen"

	ActSearch Action = "view.search"
	ActOpen   Action = "view.open"
	ActExport Action = "export"
	ActCopy   Action = "copy"
	ActDenied Action = "denied"
)

// actionNames maps each action to its display name.
var actionNames = map[Action]string{ // #nosec G101 -- names, no credentials
	ActLogIn: "Log in", ActLogOut: "Log out", ActConfirmPassword: "Confirm password",
	ActEndSession: "End a session", ActEndSessions: "End other sessions",

	ActPassword: "Change own password", ActTimeZone: "Change time zone", ActTwoFactorOn: "Turn on 2FA", ActTwoFactorOff: "Turn off 2FA",
	ActRecoveryCodes: "Make recovery codes",

	ActAddStaff: "Add staff", ActInviteStaff: "Invite staff", ActAcceptInvite: "Accept invitation", ActChangeStaff: "Change staff",
	ActStaffPassword: "Set staff password", ActStaffTwoFactor: "Reset staff 2FA", ActStaffSessions: "End staff sessions",
	ActDisableStaff: "Disable staff", ActEnableStaff: "Enable staff", ActRemoveStaff: "Remove staff", ActLoginSettings: "Change login settings",

	ActAddPanel: "Connect panel", ActChangePanel: "Change panel", ActPausePanel: "Pause panel", ActResumePanel: "Resume panel",
	ActTestPanel: "Test panel", ActRemovePanel: "Remove panel",

	ActSyncSettings: "Change sync settings", ActResourceSettings: "Change sync of a resource", ActRetention: "Change retention",
	ActActivityRetention: "Change activity retention", ActPurged: "Delete old rows", ActSyncNow: "Sync now",
	ActReread: "Re-read everything", ActReadOn: "Read history on", ActRotateKeys: "Rotate key",

	ActAddPaymentMethod: "Add payment method", ActChangePaymentMethod: "Change payment method", ActRemovePaymentMethod: "Remove payment method",
	ActPaymentLimits: "Change payment limits", ActProposePayment: "Propose payment", ActApprovePayment: "Approve payment",
	ActDeclinePayment: "Decline payment", ActWithdrawPayment: "Withdraw payment",

	ActAddView: "Save view", ActChangeView: "Change view", ActDeleteView: "Delete view",

	ActTicketAssign: "Assign ticket", ActTicketReturn: "Return ticket to the queue", ActTicketDone: "Mark ticket done",
	ActTicketReopen: "Mark ticket not done", ActTicketSnooze: "Snooze ticket", ActTicketWake: "End snooze", ActTicketLink: "Link duplicate ticket",
	ActTicketNote: "Note on ticket", ActTicketUndo: "Undo", ActTicketSettings: "Change ticket settings",

	ActReply: "Reply", ActAddPayment: "Add payment", ActOpenTicket: "Open ticket", ActAddUser: "Add user", ActOrderStatus: "Change order status", ActOrderPartial: "Set order partial",
	ActOrderStart: "Set start count", ActOrderRemains: "Set remains", ActOrderLink: "Edit link", ActOrderCancel: "Cancel and refund order",
	ActOrderRequestCancel: "Request cancel", ActOrderResend: "Resend order", ActOutboxCancel: "Cancel before sending",
	ActOutboxWentThrough: "Record that it went through", ActOutboxSendAgain: "Send again", ActOutboxNotSent: "Record that it is not sent", ActOutboxRetention: "Change outbox retention",

	ActAddCanned: "Add canned reply", ActChangeCanned: "Change canned reply", ActRemoveCanned: "Remove canned reply",

	ActReport: "Report a problem", ActResolveReport: "Resolve report", ActReopenReport: "Reopen report",

	ActSearch: "Search", ActOpen: "View customer", ActExport: "Export", ActCopy: "Copy", ActDenied: "Refused request",
}

// String returns the display name of the action. An action that only a newer version of the program knows is shown as
// it is stored.
func (a Action) String() string {
	if name, known := actionNames[a]; known {
		return name
	}
	return string(a)
}
