// Package db keeps everything Rieltime knows in SQL and runs its background
// jobs. Store implements checkout's ports over an embedded SQLite file or a
// PostgreSQL database. The SQL is the same for both; dialect.go and migrations/
// hold what differs.
//
// On SQLite all writes go through one writer that commits what arrives together in
// one transaction (writer.go); several processes may share the file. On PostgreSQL
// each change is a transaction of its own (transactions.go), which locks what it
// decides about (locks.go); any number of replicas may share the database. Reads use
// connections of their own.
package db
