package db

// SealedColumns are those that Rekey knows.
func SealedColumns() (columns []string) {
	for _, place := range sealed {
		columns = append(columns, place.table+"."+place.column)
	}
	return columns
}
