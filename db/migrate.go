package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// Errors of Open, and of changes to a store that is opened read-only.
var (
	ErrNoDatabase = errors.New("there is no database")
	ErrVersion    = errors.New("the database is not at the version of this program")
	ErrReadOnly   = errors.New("the database was opened only to read")
)

// migrate brings our tables and then River's to the version that this program
// knows, while no other process does.
func (s *Store) migrate(ctx context.Context) error {
	err := s.alone(ctx, func(ctx context.Context) error { return migrateAll(ctx, s.dialect, s.write) })
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// alone runs what one process at a time may do to the file: migrate it, and open a new
// one, which the first connection puts into WAL mode. SQLite refuses a second process
// that does so at the same time, without waiting.
func (s *Store) alone(ctx context.Context, run func(context.Context) error) error {
	release, err := s.lockFile.reserve(ctx, func() {
		s.log.Info("another process migrates the database: waiting until it has", "path", s.path)
	})
	if err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	return errors.Join(run(ctx), release())
}

func migrateAll(ctx context.Context, d dialect, db *sql.DB) error {
	if err := notUnreleased(ctx, d, db); err != nil {
		return err
	}

	ours, err := goose.NewProvider(d.goose, db, d.migrationFiles(), goose.WithTableName(versionTable), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	if err := notNewer(ctx, ours); err != nil {
		return err
	}
	if _, err := ours.Up(ctx); err != nil {
		return err
	}
	if err := fillSearchTerms(ctx, db); err != nil {
		return err
	}

	rivers, err := rivermigrate.New(d.river(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}

	_, err = rivers.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// SchemaHash identifies the migrations of PostgreSQL that this program knows: programs
// with the same one make the same tables.
func SchemaHash() (string, error) {
	files, hash := postgresDialect.migrationFiles(), sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}

	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s\n%s\n", name, text)
	}

	rivers, err := rivermigrate.New(postgresDialect.river(nil), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}

	for _, migration := range rivers.AllVersions() {
		fmt.Fprintf(hash, "river %d\n%s\n", migration.Version, migration.SQLUp)
	}

	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Where a database keeps its version. Those made before the first release kept
// it elsewhere, and had other schemas.
const (
	versionTable           = "schema_versions"
	unreleasedVersionTable = "goose_db_version"
)

// notUnreleased refuses a database that was made before the first release.
func notUnreleased(ctx context.Context, d dialect, q querier) error {
	unreleased, err := hasTable(ctx, d, q, unreleasedVersionTable)
	if err == nil && unreleased {
		return fmt.Errorf("%w: it was made before the first release of rieltime, whose schema was another: keep the file, start with a new data folder, and apply the merchants' files to it", ErrVersion)
	}
	return err
}

func hasTable(ctx context.Context, d dialect, q querier, name string) (has bool, err error) {
	err = q.QueryRowContext(ctx, d.hasTable, name).Scan(&has)
	return has, err
}

// notNewer refuses a database that a newer version of this program has
// migrated: going back needs the backup made before the upgrade.
func notNewer(ctx context.Context, ours *goose.Provider) error {
	has, err := ours.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := ours.ListSources()
	if knows := sources[len(sources)-1].Version; has > knows {
		return errNewer(has, knows)
	}
	return nil
}

func errNewer(has, knows int64) error {
	return fmt.Errorf("%w: it is at version %d, this program knows only %d: run a newer rieltime, or restore the backup made before the upgrade", ErrVersion, has, knows)
}

// checkVersion is ErrVersion for a database that this program would have to
// migrate, or cannot know. It changes nothing.
func checkVersion(ctx context.Context, d dialect, db *sql.DB) error {
	names, err := fs.Glob(d.migrationFiles(), "*.sql")
	if err != nil {
		return err
	}

	knows, err := goose.NumericComponent(slices.Max(names))
	if err != nil {
		return err
	}

	has, err := versionOf(ctx, d, db)
	switch {
	case err != nil:
		return err
	case has > knows:
		return errNewer(has, knows)
	case has < knows:
		return fmt.Errorf("%w: it is at version %d, this program needs %d: make a backup, then start rieltime serve of this version, which migrates it", ErrVersion, has, knows)
	}

	return nil
}

// versionOf returns the number of the last of our migrations that a database has
// had.
func versionOf(ctx context.Context, d dialect, q querier) (version int64, err error) {
	if err := notUnreleased(ctx, d, q); err != nil {
		return 0, err
	}
	ours, err := hasTable(ctx, d, q, versionTable)
	if err == nil && !ours {
		return 0, errors.New("it is not a database of rieltime")
	}
	if err != nil {
		return 0, fmt.Errorf("read the database: %w", err)
	}

	return version, q.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable).Scan(&version)
}
