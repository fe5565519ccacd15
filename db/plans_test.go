package db

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// asked are the statements that this package's tests had SQLite parse.
var asked = struct {
	sync.Mutex
	texts map[string]bool
}{texts: map[string]bool{}}

// TestMain runs all tests and then looks how SQLite would run each statement:
// what the server asks must not cost more the more it has kept.
func TestMain(m *testing.M) {
	onPrepare = func(query string) {
		asked.Lock()
		defer asked.Unlock()
		asked.texts[query] = true
	}
	code := m.Run()
	slow, err := scans()
	if err != nil {
		slow = append(slow, err.Error())
	}
	for _, line := range slow {
		fmt.Println("reads a whole table:", line)
		code = 1
	}
	os.Exit(code)
}

// small is a step through what does not grow with the sessions: settings, what
// another step found, or an index of what is still to do.
var small = regexp.MustCompile(`^(provider_accounts|webhook_endpoints|event_feeds( USING INDEX sqlite_autoindex_event_feeds_\d+)?|part|a( USING COVERING INDEX sqlite_autoindex_provider_accounts_\d+)?|w|\(subquery-\d+\)|json_each .*|CONSTANT ROW|.* USING INDEX (\w+_pending|payments_due))$`)

func scans() (slow []string, err error) {
	dir, err := os.MkdirTemp("", "plans")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	store, err := Open(context.Background(), Options{Path: filepath.Join(dir, "x.db"), Key: make([]byte, KeySize)})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	queries, err := serving()
	if err != nil {
		return nil, err
	}
	for _, query := range queries {
		steps, err := plan(store, query)
		switch {
		case err != nil && strings.Contains(err.Error(), "no such table"): // a test's own
		case err != nil:
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		for _, step := range steps {
			if table, scan := strings.CutPrefix(step, "SCAN "); scan && !small.MatchString(table) {
				slow = append(slow, step+" in "+query)
			}
		}
	}
	return slow, nil
}

var (
	blanks  = regexp.MustCompile(`\s+`)
	queries = regexp.MustCompile(`^(SELECT|INSERT|UPDATE|DELETE|WITH) `)
	notOurs = regexp.MustCompile(`river_|schema_versions|goose_db_version|pragma_|sqlite_master`)
)

func oneLine(text string) string { return strings.TrimSpace(blanks.ReplaceAllString(text, " ")) }

// serving are the statements of a server at work: not the migrations, nor the
// whole checks of a database, which read everything once.
func serving() (texts []string, err error) {
	var apart strings.Builder
	err = fs.WalkDir(migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		apart.WriteString(oneLine(string(text)))
		return err
	})
	for _, invariant := range invariants {
		apart.WriteString(oneLine(invariant.broken))
	}
	asked.Lock()
	defer asked.Unlock()
	for query := range asked.texts {
		text := oneLine(query)
		if queries.MatchString(text) && !notOurs.MatchString(text) && !strings.Contains(apart.String(), text) {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts, err
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

func plan(store *Store, query string) (steps []string, err error) {
	placeholders := 0
	for _, found := range placeholder.FindAllStringSubmatch(query, -1) {
		number, _ := strconv.Atoi(found[1])
		placeholders = max(placeholders, number)
	}

	rows, err := store.write.Query("EXPLAIN QUERY PLAN "+query, make([]any, max(placeholders, strings.Count(query, "?")))...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}
