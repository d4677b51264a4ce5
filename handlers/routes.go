package handlers

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"masterpanel/models"
)

// routes is every address there is.
func (a *app) routes(server *fiber.App) {
	server.Use(a.observe, a.guard)

	// for machines
	server.Get("/healthz", a.alive)
	server.Get("/readyz", a.ready)
	server.Get("/static/:name", a.asset)

	server.Use(compress.New(compress.Config{Level: compress.LevelBestSpeed}))

	// for strangers
	server.Get("/login", a.loginForm)
	server.Post("/login", a.logIn)
	server.Get("/login/code", a.codeForm)
	server.Post("/login/code", a.logInCode)
	server.Get("/invite/:token", a.invitation)
	server.Post("/invite/:token", a.acceptInvitation)

	// for staff
	server.Post("/logout", a.logOut)
	staff, recent := a.requireStaff, a.recent
	server.Get("/", staff, a.home)
	server.Get("/freshness", staff, a.freshLine)
	server.Post("/sync/refresh", staff, a.refreshNow)
	server.Post("/panels", staff, a.choosePanels)
	server.Get("/search", staff, a.search)
	server.Post("/search", staff, a.searched)

	server.Get("/orders", staff, a.orders)
	server.Get("/orders.csv", staff, recent, exportList(a, models.OrderList, a.DB.Orders, orderFile))
	server.Post("/orders.csv", staff, recent, exportList(a, models.OrderList, a.DB.Orders, orderFile))
	server.Post("/orders/columns", staff, a.setColumns(models.OrderList))
	server.Post("/orders/selection", staff, a.copySelected(models.OrderList))
	server.Get("/orders/filters/:filter", staff, a.filterOptions(models.OrderList))
	server.Get("/orders/:panel/:id", staff, a.order)

	server.Get("/tickets", staff, a.tickets)
	server.Get("/tickets.csv", staff, recent, exportList(a, models.TicketList, a.DB.Tickets, ticketFile))
	server.Post("/tickets.csv", staff, recent, exportList(a, models.TicketList, a.DB.Tickets, ticketFile))
	server.Post("/tickets/columns", staff, a.setColumns(models.TicketList))
	server.Post("/tickets/selection", staff, a.copySelected(models.TicketList))
	server.Get("/tickets/filters/:filter", staff, a.filterOptions(models.TicketList))
	server.Get("/tickets/:panel/:id", staff, a.ticket)

	server.Get("/users", staff, a.users)
	server.Get("/users.csv", staff, recent, exportList(a, models.UserList, a.DB.Users, userFile))
	server.Post("/users.csv", staff, recent, exportList(a, models.UserList, a.DB.Users, userFile))
	server.Post("/users/columns", staff, a.setColumns(models.UserList))
	server.Post("/users/selection", staff, a.copySelected(models.UserList))
	server.Get("/users/filters/:filter", staff, a.filterOptions(models.UserList))
	server.Get("/users/:panel/:id", staff, a.user)

	server.Get("/payments", staff, a.payments)
	server.Get("/payments.csv", staff, recent, exportList(a, models.PaymentList, a.DB.Payments, paymentFile))
	server.Post("/payments.csv", staff, recent, exportList(a, models.PaymentList, a.DB.Payments, paymentFile))
	server.Post("/payments/columns", staff, a.setColumns(models.PaymentList))
	server.Post("/payments/selection", staff, a.copySelected(models.PaymentList))
	server.Get("/payments/filters/:filter", staff, a.filterOptions(models.PaymentList))
	server.Get("/payments/:panel/:id", staff, a.payment)

	server.Get("/services", staff, a.services)
	server.Get("/services.csv", staff, recent, exportList(a, models.ServiceList, a.DB.Services, serviceFile))
	server.Post("/services.csv", staff, recent, exportList(a, models.ServiceList, a.DB.Services, serviceFile))
	server.Post("/services/columns", staff, a.setColumns(models.ServiceList))
	server.Post("/services/selection", staff, a.copySelected(models.ServiceList))
	server.Get("/services/:panel/:id", staff, a.service)
	server.Get("/service-changes", staff, a.serviceChanges)
	server.Get("/service-changes.csv", staff, recent, exportList(a, models.ServiceChangeList, a.DB.ServiceChanges, serviceChangeFile))
	server.Post("/service-changes/columns", staff, a.setColumns(models.ServiceChangeList))
	server.Get("/service-changes/filters/:filter", staff, a.filterOptions(models.ServiceChangeList))

	server.Get("/reports", staff, a.reports)
	server.Post("/reports", staff, a.addReport)
	server.Get("/reports.csv", staff, recent, exportList(a, models.ReportList, a.DB.Reports, reportFile))
	server.Post("/reports.csv", staff, recent, exportList(a, models.ReportList, a.DB.Reports, reportFile))
	server.Get("/reports/new", staff, a.reportForm)
	server.Post("/reports/columns", staff, a.setColumns(models.ReportList))
	server.Post("/reports/selection", staff, a.copySelected(models.ReportList))
	server.Get("/reports/filters/:filter", staff, a.filterOptions(models.ReportList))
	server.Get("/reports/:panel/:id", staff, a.report)
	server.Post("/reports/:panel/:id/resolve", staff, a.resolveReport)
	server.Post("/reports/:panel/:id/reopen", staff, a.reopenReport)

	server.Post("/views", staff, a.createView)
	server.Post("/views/:view", staff, a.changeView)
	server.Post("/views/:view/query", staff, a.setViewQuery)
	server.Post("/views/:view/delete", staff, a.deleteView)

	server.Get("/activity", staff, a.activity)
	server.Post("/activity/columns", staff, a.setColumns(models.ActivityList))
	server.Get("/activity.csv", staff, recent, a.activityCSV)
	server.Get("/activity/filters/:filter", staff, a.filterOptions(models.ActivityList))

	server.Get("/account", staff, a.account)
	server.Post("/account/theme", staff, a.setTheme)
	server.Post("/account/auto-refresh", staff, a.setAutoRefresh)
	server.Post("/account/time-zone", staff, a.setTimeZone)
	server.Get("/account/password", staff, a.passwordForm)
	server.Post("/account/password", staff, a.setPassword)
	server.Get("/account/two-factor", staff, recent, a.twoFactor)
	server.Post("/account/two-factor/begin", staff, recent, a.beginTwoFactor)
	server.Post("/account/two-factor/on", staff, recent, a.turnOnTwoFactor)
	server.Post("/account/two-factor/codes", staff, recent, a.newRecoveryCodes)
	server.Post("/account/two-factor/off", staff, recent, a.turnOffTwoFactor)
	server.Post("/account/sessions/end-others", staff, a.endOtherSessions)
	server.Post("/account/sessions/:id/end", staff, a.endSession)
	server.Get("/confirm", staff, a.confirmForm)
	server.Post("/confirm", staff, a.confirm)

	// for those who manage; models checks it
	server.Get("/settings/panels", staff, a.panels)
	server.Post("/settings/panels", staff, recent, a.addPanel)
	server.Get("/settings/panels/:panel", staff, a.panel)
	server.Post("/settings/panels/:panel", staff, recent, a.updatePanel)
	server.Post("/settings/panels/:panel/test", staff, a.onPanel(a.DB.RequestCheck))
	server.Post("/settings/panels/:panel/pause", staff, a.onPanel(a.DB.PausePanel))
	server.Post("/settings/panels/:panel/resume", staff, a.onPanel(a.DB.ResumePanel))
	server.Post("/settings/panels/:panel/remove", staff, recent, a.removePanel)
	server.Get("/settings/login", staff, a.loginSettings)
	server.Post("/settings/login", staff, recent, a.setLoginSettings)
	server.Get("/settings/staff", staff, a.staff)
	server.Post("/settings/staff", staff, recent, a.addStaff)
	server.Get("/settings/staff/:id", staff, a.member)
	server.Post("/settings/staff/:id", staff, recent, a.updateMember)
	server.Post("/settings/staff/:id/password", staff, recent, a.setMemberPassword)
	server.Post("/settings/staff/:id/invite", staff, recent, a.inviteMember)
	server.Post("/settings/staff/:id/disable", staff, recent, a.disableMember)
	server.Post("/settings/staff/:id/enable", staff, recent, a.enableMember)
	server.Post("/settings/staff/:id/end-sessions", staff, recent, a.endMemberSessions)
	server.Post("/settings/staff/:id/reset-two-factor", staff, recent, a.resetSecondFactor)
	server.Post("/settings/staff/:id/remove", staff, recent, a.removeMember)
	server.Get("/settings/payment-methods", staff, a.paymentMethods)
	server.Post("/settings/payment-methods", staff, a.addPaymentMethod)
	server.Post("/settings/payment-methods/limits", staff, recent, a.setPaymentLimits)
	server.Get("/settings/payment-methods/:id", staff, a.paymentMethod)
	server.Post("/settings/payment-methods/:id", staff, a.changePaymentMethod)
	server.Post("/settings/payment-methods/:id/remove", staff, a.removePaymentMethod)
	server.Get("/settings/sync", staff, a.syncSettings)
	server.Post("/settings/sync", staff, a.setSync)
	server.Post("/settings/sync/now", staff, a.syncNow)
	server.Post("/settings/sync/reread", staff, a.reread)
}
