// Package migrations holds the numbered SQL files that create and change the schema. They only go forward: a released
// file is never edited, and each starts with the reason for it.
package migrations

import "embed"

// Files holds the migrations, named NNNN_topic.sql and applied in the order of their numbers.
//
//go:embed *.sql
var Files embed.FS
