// Package migrations holds the numbered SQL files that make and change the schema. They go forward only: a file that
// has been released is never edited, and each opens with why it is there.
package migrations

import "embed"

// Files are the migrations, named NNNN_topic.sql and applied in the order of their numbers.
//
//go:embed *.sql
var Files embed.FS
