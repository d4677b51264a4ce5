package models

import "context"

var created = Column{Name: "created", Label: "Created", Sort: "t.created_at", Kind: "timestamptz"}

func panelColumn() Column {
	return Column{Name: "panel", Label: "Panel"}
}

func idColumn() Column {
	return Column{Name: "id", Label: "ID", Sort: "t.id", Kind: "bigint", Always: true}
}

// OrderList lists orders.
var OrderList = &List{
	Noun: "orders", Table: "orders", Resource: Orders, Beside: []Resource{Outbox}, Created: "created_at", DefaultSort: "-created",
	Statuses: OrderStatuses, search: searchOrders, Hashed: true,
	Copies: []Copy{{"ids", "IDs", ""}, {"provider_ids", "provider IDs", "external_id"}, {"links", "links", "link"}},
	Columns: []Column{
		panelColumn(), idColumn(), {Name: "user", Label: "User"},
		{Name: "charge", Label: "Charge", Sort: "t.charge", Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
		{Name: "link", Label: "Link"}, {Name: "start_count", Label: "Start count", Number: true},
		{Name: "quantity", Label: "Quantity", Number: true},
		{Name: "service", Label: "Service"}, {Name: "status", Label: "Status"},
		{Name: "remains", Label: "Remains", Number: true}, created,
		{Name: "mode", Label: "Mode"}, {Name: "provider", Label: "Provider"},
		{Name: "actions", Label: "Actions"},
	},
	Promoted: []string{"mode", "source", "service", "provider"},
	Filters: []Filter{
		{Name: "mode", Label: "Mode", Column: "mode", None: "No mode"},
		{Name: "source", Label: "Source", Column: "source", None: "No source"},
		{Name: "service", Label: "Service", Column: "service_id", Label2: "service_name", Integer: true},
		{Name: "provider", Label: "Provider", Column: "provider", None: "No provider"},
		{Name: "status", Label: "Status", Column: "status", None: "Unknown", Unknown: true},
	},
}

// TicketList lists tickets: the longest waiting first, then tickets that need no reply. Status comes from the panel; the
// assignee, the waiting time and the tabs are our own.
var TicketList = &List{
	Noun: "tickets", Table: "tickets", Resource: Tickets, Created: "created_at", DefaultSort: "waiting",
	Parts: ticketParts, parted: "place", search: searchTickets, Copies: []Copy{{"ids", "IDs", ""}},
	Columns: []Column{
		panelColumn(), idColumn(), {Name: "user", Label: "User"}, {Name: "subject", Label: "Subject"},
		{Name: "status", Label: "Status"}, {Name: "assignee", Label: "Assignee"}, created,
		{Name: "last_update", Label: "Last update", Sort: "t.updated_at", Kind: "timestamptz"},
		{Name: "waiting", Label: "Waiting", Sort: "COALESCE(t.due_since, 'infinity')", Kind: "timestamptz"},
		{Name: "viewers", Label: "Viewing"},
	},
	Promoted: []string{"status", "assignee"},
	Filters: []Filter{
		{Name: "status", Label: "Status", Column: "status", None: "Unknown", Unknown: true},
		{Name: "assignee", Label: "Assignee", Column: "holder", None: "Nobody"},
	},
}

// UserList lists the panels' customers.
var UserList = &List{
	Noun: "users", Table: "users", Resource: Users, Created: "created_at", DefaultSort: "-created",
	search: searchUsers, Copies: []Copy{{"ids", "IDs", ""}, {"usernames", "usernames", "username"}},
	Columns: []Column{
		idColumn(), panelColumn(), {Name: "username", Label: "Username", Sort: `t.username COLLATE "C"`, Kind: "text", Unknown: true},
		{Name: "email", Label: "E-mail", Needs: PermSeeEmails},
		{Name: "balance", Label: "Balance", Sort: "t.balance", Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
		{Name: "spent", Label: "Spent", Sort: "t.spent", Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
		{Name: "status", Label: "Status"}, created,
		{Name: "last_auth", Label: "Last auth", Sort: "COALESCE(t.last_auth_at, 'epoch')", Kind: "timestamptz"},
		{Name: "discount", Label: "Discount", Sort: `substring(t.discount FROM '\d{1,9}(?:\.\d{1,4})?')::numeric`, Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
	},
	Promoted: []string{"status"},
	Filters:  []Filter{{Name: "status", Label: "Status", Column: "status", None: "No status", Unknown: true}},
}

// PaymentList lists payments.
var PaymentList = &List{
	Noun: "payments", Table: "payments", Resource: Payments, Created: "created_at", DefaultSort: "-created",
	Statuses: PaymentStatuses, search: searchPayments, Copies: []Copy{{"ids", "IDs", ""}},
	Columns: []Column{
		panelColumn(), idColumn(), {Name: "user", Label: "User"}, {Name: "balance", Label: "Balance", Number: true, Needs: PermSeeMoney},
		{Name: "amount", Label: "Amount", Sort: "t.amount", Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
		{Name: "method", Label: "Method"}, {Name: "status", Label: "Status"}, {Name: "fraud_risk", Label: "Fraud risk"},
		{Name: "review", Label: "Review"}, {Name: "memo", Label: "Memo"}, created,
		{Name: "updated", Label: "Updated", Sort: "COALESCE(t.updated_at, t.created_at)", Kind: "timestamptz"},
		{Name: "mode", Label: "Mode"},
	},
	Promoted: []string{"method", "risk"},
	Filters: []Filter{
		{Name: "method", Label: "Method", Column: "method", None: "No method"},
		{Name: "status", Label: "Status", Column: "status", None: "Unknown", Unknown: true},
		{Name: "risk", Label: "Fraud risk", Column: "risk", None: "Not rated"},
		{Name: "mode", Label: "Mode", Column: "mode", None: "No mode"},
		{Name: "review", Label: "Review", Values: reviewValues, Where: reviewed},
	},
}

// ServiceList lists the services that the panels sell now, in the panels' own order.
var ServiceList = &List{
	Noun: "services", Table: "services", Resource: Services, Beside: []Resource{Reports}, DefaultSort: "position",
	search: searchServices, always: "t.gone_at IS NULL", Copies: []Copy{{"ids", "IDs", ""}},
	Columns: []Column{
		panelColumn(), {Name: "position", Label: "Order", Sort: "t.position", Kind: "bigint", Never: true}, idColumn(),
		{Name: "name", Label: "Name"}, {Name: "category", Label: "Category"}, {Name: "type", Label: "Type"},
		{Name: "rate", Label: "Rate", Sort: "t.rate", Kind: "numeric", Unknown: true, Number: true, Needs: PermSeeMoney},
		{Name: "min", Label: "Min", Sort: "t.min", Kind: "bigint", Unknown: true, Number: true},
		{Name: "max", Label: "Max", Sort: "t.max", Kind: "bigint", Unknown: true, Number: true},
		{Name: "refill", Label: "Refill"}, {Name: "cancel", Label: "Cancel"},
		{Name: "orders", Label: "Orders, 30 days", Sort: "t.orders_30d", Kind: "bigint", Number: true},
		{Name: "problems", Label: "Problems, 30 days", Sort: "t.problems_30d", Kind: "bigint", Number: true},
		{Name: "report", Label: "Report"},
	},
}

// ServiceChangeList lists changes of the panels' services, the latest first. It is the services feed.
var ServiceChangeList = &List{
	Noun: "service-changes", Table: "service_changes", Resource: Services, Created: "at", DefaultSort: "-when",
	Statuses: []string{"changed", "new", "removed", "back"}, search: searchChanges, scope: changesScope,
	Columns: []Column{
		{Name: "when", Label: "When", Sort: "t.id", Kind: "bigint", Always: true}, panelColumn(), {Name: "service", Label: "Service"},
		{Name: "change", Label: "Change"}, {Name: "before", Label: "Before"}, {Name: "now", Label: "Now"},
	},
	Promoted: []string{"service", "field"},
	Filters: []Filter{
		{Name: "status", Label: "Kind", Column: "kind"},
		{Name: "field", Label: "Field", Column: "field", None: "The whole service"},
		{Name: "service", Label: "Service", Column: "service_id", Label2: "name", Integer: true},
	},
}

// ActivityList lists the actions of staff in this program.
var ActivityList = &List{
	Noun: "activity", Table: "activity", Created: "at", DefaultSort: "-when",
	search: searchActivity, scope: activityScope, heavy: "words",
	Columns: []Column{
		{Name: "when", Label: "When", Sort: "t.at", Kind: "timestamptz", Always: true}, {Name: "staff", Label: "Staff"},
		{Name: "action", Label: "Action"}, {Name: "details", Label: "Details"}, {Name: "device", Label: "IP / Device"},
		{Name: "result", Label: "Result"},
	},
	Promoted: []string{"staff", "action"},
	Filters: []Filter{
		{Name: "staff", Label: "Staff", Column: "username", None: "Unknown name"},
		{Name: "action", Label: "Action", Column: "action"},
		{Name: "result", Label: "Result", Column: "result"},
		{Name: "panel", Label: "Panel", Column: "panel_id", Integer: true, Panel: true},
	},
}

// Orders lists orders for the viewer.
func (db *DB) Orders(ctx context.Context, v Viewer, q ListQuery) (Page[Order], error) {
	return listPage[Order](ctx, db, v, OrderList, q)
}

// Tickets lists tickets for the viewer.
func (db *DB) Tickets(ctx context.Context, v Viewer, q ListQuery) (Page[Ticket], error) {
	page, err := listPage[Ticket](ctx, db, v, TicketList, q)
	if err != nil {
		return page, err
	}
	s, err := db.TicketSettings(ctx)
	now := db.now()
	for i := range page.Rows {
		s.warm(&page.Rows[i], now)
	}
	return page, err
}

// Users lists the panels' customers for the viewer.
func (db *DB) Users(ctx context.Context, v Viewer, q ListQuery) (Page[User], error) {
	return listPage[User](ctx, db, v, UserList, q)
}

// Payments lists payments for the viewer.
func (db *DB) Payments(ctx context.Context, v Viewer, q ListQuery) (Page[Payment], error) {
	page, err := listPage[Payment](ctx, db, v, PaymentList, q)
	if err != nil {
		return page, err
	}
	return page, db.fillReviews(ctx, v, page.Rows)
}

// Services lists services for the viewer.
func (db *DB) Services(ctx context.Context, v Viewer, q ListQuery) (Page[Service], error) {
	page, err := listPage[Service](ctx, db, v, ServiceList, q)
	if err != nil {
		return page, err
	}
	return page, db.fillOpenReports(ctx, v, page.Rows)
}

// Activities lists the actions of staff that the viewer may see.
func (db *DB) Activities(ctx context.Context, v Viewer, q ListQuery) (Page[Activity], error) {
	page, err := listPage[Activity](ctx, db, v, ActivityList, q)
	page.Rows = asRead(v, page.Rows)
	return page, err
}
