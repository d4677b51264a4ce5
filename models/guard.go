package models

import "github.com/uptrace/bun"

// guarded lists the columns of each mirrored table that need a permission to read. The raw record contains all of them,
// so no query for a viewer selects it; RecordOf says which people see one.
var guarded = map[string]map[Permission][]string{
	"orders":   {PermSeeMoney: {"charge", "currency", "cost", "cost_currency"}},
	"payments": {PermSeeMoney: {"user_balance", "amount", "currency"}},
	"users":    {PermSeeMoney: {"balance", "spent", "currency", "discount"}, PermSeeEmails: {"email"}},
	"services": {PermSeeMoney: {"rate"}},
	"tickets":  {},
}

// selectFor selects rows for a viewer without the columns that they may not read; these fields stay empty. Every query
// for mirrored rows on behalf of a person starts here.
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
