package db

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
)

// notNewer refuses a database that a newer version of this program has
// migrated: going back needs the backup made before the upgrade.
func notNewer(ctx context.Context, house *goose.Provider) error {
	has, err := house.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := house.ListSources()
	if knows := sources[len(sources)-1].Version; has > knows {
		return fmt.Errorf("the database is at version %d, this program knows only %d: run a newer rieltime, or restore the backup made before the upgrade", has, knows)
	}
	return nil
}
