package models

import "github.com/uptrace/bun"

// guarded are the columns of each mirrored table that only those with a permission may read. The record as received
// (raw) holds all of them, so no row comes with it; RecordOf says which people see one.
var guarded = map[string]map[Permission][]string{
	"orders":   {PermSeeMoney: {"charge", "currency", "cost", "cost_currency"}},
	"payments": {PermSeeMoney: {"user_balance", "amount", "currency"}},
	"users":    {PermSeeMoney: {"balance", "spent", "currency", "discount"}, PermSeeEmails: {"email"}},
	"services": {PermSeeMoney: {"rate"}},
	"tickets":  {},
}

// selectFor selects rows for a viewer, without the columns that they may not read: those fields stay empty. It is how
// every query of a person for mirrored rows begins.
func (db *DB) selectFor(v Viewer, rows any) *bun.SelectQuery {
	query := db.idb.NewSelect().Model(rows)
	columns, mirrored := guarded[query.GetTableName()]
	if mirrored {
		query.ExcludeColumn("raw")
	}
	for permission, names := range columns {
		if !v.Can(permission) {
			query.ExcludeColumn(names...)
		}
	}
	return query
}
