// Package panel is a client for the two interfaces of a Perfect Panel shop: the Admin API v2 (orders, cancel and
// refill tasks, payments, users, tickets), which needs the admin key, and the User API v2 (services, status, refill,
// cancel, balance), which needs a customer's key.
//
// A client is simple on purpose. It makes one request per call, never sleeps and never retries. A failure is an
// *Error whose class gives its meaning, and the caller decides when to retry. The package knows no tables and keeps
// no state except connections.
//
// A panel is a third-party machine, and the client treats it as hostile. It never follows redirects, it cuts bodies
// off at MaxBody after decompression, it checks addresses when it dials them, it matches JSON names by exact case and
// does not allow a name twice, and one unreadable record costs only that record. Where public facts about the
// protocol conflict, it accepts every form that was seen. Where a wrong guess would cost money, it assumes nothing:
// it reports an id that an answer does not mention as such.
//
// Raw fields of a page share the memory of the whole answer: clone a field that you keep longer.
package panel
