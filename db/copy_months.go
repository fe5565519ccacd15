package db

import (
	"context"
	"slices"
	"time"
)

// findMonth records the month of a row's time.
func (c *copying) findMonth(table string, at any) {
	ms, _ := at.(int64)
	month := monthOf(time.UnixMilli(ms))
	if !slices.ContainsFunc(c.months[table], month.Equal) {
		c.months[table] = append(c.months[table], month)
	}
}

// makeMonths makes the partitions for the rows of the source, where the target has
// partitions.
func (c *copying) makeMonths(ctx context.Context) error {
	if !c.to.dialect.monthly {
		return nil
	}

	for table, months := range c.months {
		if err := makeMonthsIn(ctx, c.to.pool, table, months); err != nil {
			return err
		}
	}

	return nil
}
