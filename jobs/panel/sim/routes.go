package sim

// endpoint is one of the 22 endpoints of the Admin API. One that writes holds the write lock of the world.
type endpoint struct {
	writes bool
	run    func(*world, *call, *wire) error
}

// adminRoutes is the route table of the Admin API; {id} stands for digits. Any other path answers error code 100.
func adminRoutes() map[string]endpoint {
	read := func(run func(*world, *call, *wire) error) endpoint { return endpoint{run: run} }
	write := func(run func(*world, *call, *wire) error) endpoint { return endpoint{writes: true, run: run} }
	return map[string]endpoint{
		"GET /orders":                   read((*world).listOrders),
		"GET /orders/{id}":              read((*world).showOrder),
		"POST /orders/pull":             write((*world).pullOrders),
		"POST /orders/update":           write((*world).updateOrders),
		"POST /orders/change-status":    write((*world).changeStatus),
		"POST /orders/cancel":           write((*world).cancelOrders),
		"POST /orders/request-cancel":   write((*world).requestCancel),
		"POST /orders/resend":           write((*world).resendOrders),
		"POST /orders/{id}/set-partial": write((*world).setPartial),
		"POST /orders/{id}/edit-link":   write((*world).editLink),
		"POST /cancel/pull":             write((*world).pullCancels),
		"POST /cancel/reject":           write((*world).rejectCancels),
		"POST /refill/pull":             write((*world).pullRefills),
		"POST /refill/change-status":    write((*world).changeRefills),
		"GET /payments":                 read((*world).listPayments),
		"POST /payments/add":            write((*world).addPayment),
		"GET /users":                    read((*world).listUsers),
		"POST /users/add":               write((*world).addUser),
		"GET /tickets":                  read((*world).listTickets),
		"GET /tickets/{id}":             read((*world).showTicket),
		"POST /tickets/{id}/reply":      write((*world).replyTicket),
		"POST /tickets/add":             write((*world).addTicket),
	}
}

// userAction is one action of the User API. It writes the whole reply.
type userAction struct {
	writes bool
	run    func(*world, form, *wire) error
}

// userActions is the table of the User API's actions.
func userActions() map[string]userAction {
	return map[string]userAction{
		"services":      {run: (*world).userServices},
		"balance":       {run: (*world).userBalance},
		"status":        {run: (*world).userStatus},
		"refill_status": {run: (*world).userRefillStatus},
		"add":           {writes: true, run: (*world).userAdd},
		"refill":        {writes: true, run: (*world).userRefill},
		"cancel":        {writes: true, run: (*world).userCancel},
	}
}
