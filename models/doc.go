// Package models holds the nouns of Masterpanel: their tables, their rules and all queries on them. It is the only
// package that contains SQL.
//
// Permissions are enforced here. A query for a person takes the Viewer and never returns a row of a panel that the
// viewer may not see; there is no unscoped variant that a handler could call by mistake. Methods without a Viewer serve
// the workers (sync, checks, removal) and the login.
//
// A DB may be a transaction, so methods compose: inside DB.Tx the same methods run in that transaction.
//
// # Where to start
//
// Read models.go (the DB), viewer.go (the person and their panels), list.go (one code for all lists), mirror.go (how a
// page of a panel's records is stored) and action.go (a write to a panel, from the click to its end). Then open the
// file of your noun.
//
// # Prefixes
//
// A file belongs to the noun that begins its name.
//
//   - models, address, errors, saved, migrate: the connection, its errors by meaning, and the schema.
//   - viewer, permission, guard: the person for whom a query runs, their rights, and the columns that need one.
//   - staff, member, invitation: the accounts of staff, and the changes that an admin makes to them.
//   - login, session, password, second, confirm, alerts: log-in, sessions, passwords, two-factor login, fresh proofs of
//     identity, and the settings for alerts.
//   - key, rotate: the check and the rotation of SECRET_KEY.
//   - panel, colour: connected shops, their keys, circuit breakers, comparison and removal.
//   - mirror, misread, quarantine, drift: storing the panels' records, and the records that could not be read or stored
//     or that differed.
//   - stream, sync, retention, watch, figures: the schedule of reads, its settings and state, retention periods, open
//     pages, and numbers for monitoring.
//   - order, payment, user, service, ticket: the nouns of a panel. Each file name continues with its topic, such as
//     ticket_queue.go.
//   - canned, macro, mass, reply: saved replies, their follow-up actions, one reply to many tickets, and how a panel keeps
//     the signs of a reply.
//   - action, outbox, batch, reference: writes to panels, their list, one action on many orders, and the comparison of
//     payment references.
//   - list, lists, view, selection, search: filtering, sorting, counting and paging, the descriptions of all lists,
//     saved views, selected rows, and global search.
//   - activity, report: the activity log, and the reported problems with services.
package models
