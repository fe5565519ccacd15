package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/labstack/echo/v4"
	_ "modernc.org/sqlite"
)

// floorRows is how many rows the floor finds by their ids.
const floorRows = 10_000

// serveFloor serves the least that could answer: bare handlers on a bare table.
//
//	GET  /ping      204
//	GET  /pages/N   N bytes that are kept ready
//	GET  /rows/ID   204, after one SELECT by an indexed id
//	POST /rows      201, when the body is durable
func serveFloor(ctx context.Context, address, database string) error {
	file, err := openFloor(database)
	if err != nil {
		return err
	}

	insert := insertTogether(file)
	if isServer(database) {
		insert = insertAlone(file)
	}

	read, err := file.Prepare("SELECT version, status, payment FROM things WHERE id = $1")
	if err != nil {
		return err
	}

	page := make([]byte, 1<<20)
	for i := range page {
		page[i] = byte(rand.Uint32())
	}

	e := floorServer(page, read, insert)
	context.AfterFunc(ctx, func() { _ = e.Close() })
	if err := e.Start(address); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func floorServer(page []byte, read *sql.Stmt, insert func(string) error) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/ping", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/healthz", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET("/pages/:size", func(c echo.Context) error {
		size, err := strconv.Atoi(c.Param("size"))
		if err != nil || size > len(page) {
			return echo.ErrNotFound
		}
		return c.HTMLBlob(http.StatusOK, page[:size])
	})
	e.GET("/rows/:id", func(c echo.Context) error {
		var version int
		var status, payment string
		if err := read.QueryRowContext(c.Request().Context(), c.Param("id")).Scan(&version, &status, &payment); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
	e.POST("/rows", func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		if err := insert(string(body)); err != nil {
			return err
		}
		return c.NoContent(http.StatusCreated)
	})
	return e
}

func isServer(database string) bool { return strings.HasPrefix(database, "postgres://") }

// openFloor opens a database as plainly as the checkout opens its own, and fills the
// table that is read.
func openFloor(database string) (*sql.DB, error) {
	driver, address, id := "sqlite", "file:"+database+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)", "INTEGER PRIMARY KEY"
	if isServer(database) {
		driver, address, id = "pgx", database, "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
	}

	file, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}

	file.SetMaxOpenConns(64)
	file.SetMaxIdleConns(64)
	tx, err := file.Begin()
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()

	for _, statement := range []string{
		"CREATE TABLE bare (id " + id + ", text TEXT NOT NULL)",
		"CREATE TABLE things (id TEXT PRIMARY KEY, version INTEGER NOT NULL, status TEXT NOT NULL, payment TEXT NOT NULL)",
	} {
		if _, err := tx.Exec(statement); err != nil {
			return nil, err
		}
	}

	for n := range floorRows {
		if _, err := tx.Exec("INSERT INTO things VALUES ($1, 2, 'open', $2)", thing(n), fmt.Sprintf("pay_%032d", n)); err != nil {
			return nil, err
		}
	}

	return file, tx.Commit()
}

// thing is the id of one of the rows that are read.
func thing(n int) string { return fmt.Sprintf("cs_test_%032d", n%floorRows) }

// insertAlone inserts each row by itself, over as many connections as ask.
func insertAlone(file *sql.DB) func(text string) error {
	return func(text string) error {
		_, err := file.Exec("INSERT INTO bare (text) VALUES ($1)", text)
		return err
	}
}

// insertTogether inserts all rows that wait in one transaction.
func insertTogether(file *sql.DB) func(text string) error {
	type write struct {
		text string
		done chan error
	}

	queue := make(chan write, 256)
	commit := func(batch []write) error {
		tx, err := file.Begin()
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()

		for _, w := range batch {
			if _, err := tx.Exec("INSERT INTO bare (text) VALUES ($1)", w.text); err != nil {
				return err
			}
		}

		return tx.Commit()
	}

	go func() {
		for first := range queue {
			batch := []write{first}
			for len(queue) > 0 {
				batch = append(batch, <-queue)
			}

			err := commit(batch)
			for _, w := range batch {
				w.done <- err
			}
		}
	}()

	return func(text string) error {
		w := write{text, make(chan error, 1)}
		queue <- w
		return <-w.done
	}
}
