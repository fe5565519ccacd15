// Package db keeps everything Rieltime knows in SQL and runs its background
// jobs. Store fills checkout's ports over an embedded SQLite file; the SQL is
// portable, what is SQLite's alone stands in open.go and migrations/sqlite.
//
// All writes go through one writer that commits what arrives together in one
// transaction (writer.go); reads use connections of their own. Several
// processes may share the file.
package db
