package db

import (
	"context"
	"slices"

	"rieltime/checkout"
)

// NarrowTables lists the tables of a database that take no amounts in some of our
// currencies: it was made before there were these.
func (s *Store) NarrowTables(ctx context.Context) (tables []string, err error) {
	for _, currency := range checkout.Currencies() {
		found, err := selectAll(ctx, s.lists, func(row scanner) (name string, err error) { return name, row.Scan(&name) }, s.dialect.narrow, string(currency))
		if err != nil {
			return nil, err
		}
		tables = append(tables, found...)
	}
	slices.Sort(tables)
	return slices.Compact(tables), nil
}
