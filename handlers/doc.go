// Package handlers serves the web interface. A handler reads a request, calls models once, and renders a page or the
// fragment that htmx requested. It talks to PostgreSQL and, to enqueue, to Redis, but to no panel. So a page stays fast
// even if a panel is slow.
//
// # Where to start
//
// routes.go lists every address. A handler returns an error, and errors.go alone maps it to a status and a message. A
// page is a struct above its handler; templates only show its fields. Read handlers.go (the server and its
// dependencies), routes.go, requests.go and session.go (the log line, the tag and the viewer of a request), render.go
// (page or fragment), list.go (every list) and detail.go (every record's page).
//
// # The way of GET /orders
//
// A request for the list opens these files, from the address to SQL and back:
//
//  1. handlers/routes.go finds the handler.
//  2. handlers/requests.go gives the request an ID, a deadline and a line in the log.
//  3. handlers/session.go finds the viewer from the cookie.
//  4. handlers/orders.go names the list, the query and the row: orders, markedOrders, orderRow.
//  5. handlers/list.go parses the request and answers 304 if nothing changed: serveList, openList.
//  6. models/list_query.go turns the address into a ListQuery.
//  7. models/lists.go describes the list: OrderList, DB.Orders.
//  8. models/list.go builds the SQL and reads one page.
//  9. handlers/list_frame.go adds the parts around the rows: tabs, filters, pager.
//  10. handlers/list_rows.go takes each row from the cache or renders it.
//  11. views/orders/row.html is the row.
//  12. handlers/render.go writes the page or the fragment.
//
// # Prefixes
//
// A file belongs to the noun or the page that begins its name.
//
//   - handlers, routes, requests, security, https, nonce, assets, health, drain: the server, its addresses and headers,
//     static files, health checks, and the end of a process.
//   - session, cookies, login, second, confirm, invite: who sends the request, cookies, log-in, two-factor login, fresh
//     proofs of identity, and invitations.
//   - errors, form, amount, minor, typed: errors by meaning, form fields, and typed numbers.
//   - render, shell, nav, fresh, toast, preferences, format, unseen, qr: the frame of each page, its badges and notes,
//     and the form of times, numbers and characters.
//   - list, kept, pieces, selection, view, views, export, csv, search: lists, caches of rendered parts, selected rows,
//     saved views, files, and global search.
//   - detail, order, orders, payment, payments, user, users, service, services: the lists and pages of the nouns of a
//     panel, with their forms.
//   - ticket, tickets, conversation, messages, replies, canned: the ticket desk, the messages of a ticket, and replies.
//   - action, outbox, batch, workbench: writes to panels, one action on many orders, and the page that starts it.
//   - panel, panels, sync, watch: connected shops, the sync page, and open pages that the worker reads more often.
//   - account, staff, member, activity, reports, home: one's own account, staff, the activity log, reports, and the
//     overview.
package handlers
