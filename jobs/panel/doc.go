// Package panel is a client for the two interfaces of a Perfect Panel shop: the
// Admin API v2 (orders, cancel and refill tasks, payments, users, tickets), opened
// by the admin key, and the User API v2 (services, status, refill, cancel,
// balance), opened by a customer's key.
//
// A client is dumb on purpose. It makes one request for one call, never sleeps and
// never tries again; what went wrong comes back as an *Error whose class says what
// it means, and the caller decides when to come back. It knows no tables and keeps
// no state but connections.
//
// A panel is somebody else's machine and is treated as hostile. Redirects are never
// followed, bodies are cut off at MaxBody after decompression, addresses are checked
// when they are dialled, JSON names are matched by exact case and may not repeat,
// and one unreadable record costs that record only. Where public facts about the
// wire conflict, every seen form is accepted; where a wrong guess would cost money,
// nothing is assumed: an id that an answer does not mention is reported as such.
//
// Raw fields of a page share the memory of the whole answer: clone what outlives it.
package panel
