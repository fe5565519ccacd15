package db

import (
	"database/sql"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rieltime/checkout"
)

// translateErr turns the driver's errors into the domain's.
func translateErr(err error) error {
	var failure *sqlite.Error
	if errors.Is(err, sql.ErrNoRows) {
		return checkout.ErrNotFound
	}
	if !errors.As(err, &failure) {
		return translatePostgres(err)
	}

	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return checkout.ErrBusy.WithCause(err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return checkout.ErrStorageFull.WithCause(err)
	}

	return err
}

// isBusy reports whether another connection holds a lock that was needed.
func isBusy(err error) bool {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return false
	}
	code := failure.Code() & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

func ignoreNotFound(err error) error {
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	return err
}
