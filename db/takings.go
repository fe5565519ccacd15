package db

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"rieltime/checkout"
)

const takingsKey = "merchant_id, mode, day, hour, currency, provider, method"

// takingsSums are the columns that are added up.
var takingsSums = []string{"taken", "taken_count", "review", "review_count", "refunded", "refunded_count"}

var addTakingsQuery = func() string {
	sets := make([]string, len(takingsSums))
	for i, column := range takingsSums {
		sets[i] = column + " = takings." + column + " + excluded." + column
	}
	return insertInto("takings", takingsKey+", "+strings.Join(takingsSums, ", ")) +
		" ON CONFLICT (" + takingsKey + ") DO UPDATE SET " + strings.Join(sets, ", ")
}()

// addTakings adds what a change of a session's purchase brought. In PostgreSQL it holds
// the rows of the hour until the commit: whoever changes several takes them in one order,
// and has the row of the feed, if any, before.
func addTakings(ctx context.Context, tx *sql.Tx, session checkout.Session, changes []checkout.Takings) error {
	slices.SortFunc(changes, func(a, b checkout.Takings) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Currency, b.Currency),
			cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Method, b.Method))
	})
	for _, t := range changes {
		_, err := tx.ExecContext(ctx, addTakingsQuery, session.MerchantID, session.Mode, t.Day, t.Hour, t.Currency, t.Provider, t.Method,
			t.Taken.Minor, t.Taken.Count, t.InReview.Minor, t.InReview.Count, t.Refunded.Minor, t.Refunded.Count)
		if err != nil {
			return err
		}
	}
	return nil
}

// takingsParts are the columns that takings are grouped by: day, hour, provider and
// method.
var takingsParts = map[checkout.TakingsPart][4]string{
	checkout.TakingsByDay:    {"day", "0", "''", "''"},
	checkout.TakingsByHour:   {"0", "hour", "''", "''"},
	checkout.TakingsByMethod: {"0", "0", "provider", "method"},
}

// Takings returns a merchant's takings of some days, by currency and one part more.
func (s *Store) Takings(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.TakingsQuery) ([]checkout.Takings, error) {
	columns, ok := takingsParts[query.By]
	if !ok {
		return nil, fmt.Errorf("takings cannot be grouped by %q", query.By)
	}

	sums := make([]string, len(takingsSums))
	for i, column := range takingsSums {
		sums[i] = "CAST(sum(" + column + ") AS BIGINT)"
	}

	var groups []string
	for _, column := range columns {
		if !strings.ContainsAny(column, "0'") {
			groups = append(groups, column)
		}
	}

	grouped := strings.Join(append(groups, "currency"), ", ")
	return selectAll(ctx, s.lists, scanTakings, "SELECT "+strings.Join(columns[:], ", ")+", currency, "+strings.Join(sums, ", ")+
		" FROM takings WHERE merchant_id = $1 AND mode = $2 AND day >= $3 AND day <= $4 GROUP BY "+grouped+" ORDER BY "+grouped,
		merchantID, mode, query.From, query.To)
}

func scanTakings(row scanner) (t checkout.Takings, err error) {
	err = row.Scan(&t.Day, &t.Hour, &t.Provider, &t.Method, &t.Currency,
		&t.Taken.Minor, &t.Taken.Count, &t.InReview.Minor, &t.InReview.Count, &t.Refunded.Minor, &t.Refunded.Count)
	return t, err
}

// takingsOfPayments selects what payments and refunds have added to the takings, as far
// as their rows say: what was contested after it was taken counts as under review from
// the beginning. In sum they are the same; see checkout.Takings.
const takingsOfPayments = `SELECT m.merchant_id, m.mode, m.recorded_at AS at, m.currency, m.provider, m.method,
		CASE m.standing WHEN 'taken' THEN m.minor ELSE 0 END AS taken, CASE m.standing WHEN 'taken' THEN 1 ELSE 0 END AS taken_count,
		CASE m.standing WHEN 'taken' THEN 0 ELSE m.minor END AS review, CASE m.standing WHEN 'taken' THEN 0 ELSE 1 END AS review_count,
		0 AS refunded, 0 AS refunded_count
	FROM ` + standingMoney + ` WHERE m.standing <> 'none'
	UNION ALL SELECT m.merchant_id, m.mode, m.decided_at, m.currency, m.provider, m.method, m.minor, 1, -m.minor, -1, 0, 0
	FROM ` + standingMoney + ` WHERE m.standing = 'decided'
	UNION ALL SELECT m.merchant_id, m.mode, r.closed_at, m.currency, m.provider, m.method,
		CASE WHEN m.standing IN ('review', 'none') THEN r.amount ELSE 0 END, 0, CASE m.standing WHEN 'review' THEN -r.amount ELSE 0 END, 0, r.amount, 1
	FROM ` + standingMoney + ` JOIN refunds r ON r.payment_id = m.id WHERE r.status = 'succeeded'`

// standingMoney are the payments with a proof, and how each counts now.
const standingMoney = `(SELECT id, merchant_id, mode, recorded_at, decided_at, provider, method,
		coalesce(json_extract(proof, '$.currency'), currency) AS currency, coalesce(CAST(json_extract(proof, '$.minor') AS BIGINT), 0) AS minor,
		CASE WHEN transaction_id = '' OR decision = 'refuse' THEN 'none' WHEN review IN ('', 'unknown') THEN 'taken'
			WHEN decision = '' THEN 'review' ELSE 'decided' END AS standing
	FROM payments WHERE proof <> '') m`

// rebuildTakings makes all takings again from the payments and refunds.
func rebuildTakings(ctx context.Context, db *sql.DB) error {
	sums := make([]string, len(takingsSums))
	for i, column := range takingsSums {
		sums[i] = "sum(" + column + ")"
	}

	key := "merchant_id, mode, (at + 25200000) / 86400000, (at + 25200000) / 3600000 % 24, currency, provider, method"
	for _, statement := range []string{
		"DELETE FROM takings",
		"INSERT INTO takings (" + takingsKey + ", " + strings.Join(takingsSums, ", ") + ") SELECT " + key + ", " + strings.Join(sums, ", ") +
			" FROM (" + takingsOfPayments + ") AS changes GROUP BY 1, 2, 3, 4, 5, 6, 7",
	} {
		if _, err := db.ExecContext(ctx, "/* fill */ "+statement); err != nil {
			return fmt.Errorf("takings: %w", err)
		}
	}
	return nil
}

// RecordedPayments lists a merchant's payments whose first proofs were recorded within a
// range, the latest first, behind a position if there is one; at most limit.
func (s *Store) RecordedPayments(ctx context.Context, merchantID string, mode checkout.Mode, recorded checkout.TimeRange, after checkout.Position, limit int) ([]checkout.Payment, error) {
	if after.At.IsZero() {
		after.At = recorded.To
	}
	return selectPayments(ctx, s.lists, s.dialect.using("payments_recorded")+`WHERE merchant_id = $1 AND mode = $2 AND recorded_at > 0
		AND recorded_at >= $3 AND (recorded_at, id) < ($4, $5) ORDER BY recorded_at DESC, id DESC LIMIT CAST($6 AS BIGINT)`,
		merchantID, mode, millis(recorded.From), millis(after.At), after.ID, limit)
}
