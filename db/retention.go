package db

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
)

// personalNames are the names of JSON members that describe a person, in lower case.
// Names and numbers of transactions stay: disputes need them.
type personalNames map[string]bool

// newPersonalNames are the names that any provider may use, and those of the
// providers that are served.
func newPersonalNames(ofProviders []string) personalNames {
	names := personalNames{}
	for _, name := range slices.Concat([]string{
		"customer", "name", "first_name", "last_name", "email", "phone", "phone_number", "mobile",
		"sender", "sendername", "senderaccount", "payer", "payer_id", "payername", "holder_name", "account_name", "account_number",
	}, ofProviders) {
		names[name] = true
	}
	return names
}

// Forget blanks the buyers' personal data of sessions that closed before a moment
// and whose payments are not queried any more, and returns how many there were: the
// customer with the terms that they are found by, the fields of forms to providers, and the members of proofs and events
// that describe a person, among them personalFields (see ProviderInfo). It yields to
// buyers, and stops when ctx ends.
func (s *Store) Forget(ctx context.Context, closedBefore time.Time, personalFields ...string) (forgotten int, err error) {
	personal := newPersonalNames(personalFields)
	done, err := inPiecesFrom(ctx, s, forgetting{}, func(ctx context.Context, tx *sql.Tx, at *forgetting) (more bool, err error) {
		err = tx.QueryRowContext(ctx, `SELECT closed_at, id FROM sessions s WHERE closed_at > 0 AND forgotten_at = 0
			AND (closed_at, id) > ($1, $2) AND closed_at < $3
			AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.session_id = s.id AND p.next_check_at > 0)
			ORDER BY closed_at, id LIMIT 1`, at.closed, at.session, millis(closedBefore)).Scan(&at.closed, &at.session)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}

		if err == nil {
			err = s.forgetSession(ctx, tx, at.session, personal)
		}

		if err != nil {
			return false, fmt.Errorf("forget %s: %w", at.session, err)
		}

		at.forgotten++
		return true, nil
	})
	return done.forgotten, err
}

// forgetting is how far Forget has got: sessions that it has passed over are not
// read again.
type forgetting struct {
	closed    int64 // when the last session closed
	session   string
	forgotten int
}

// forgetSession does one session. The metadata of one that a link made are its
// buyer's own words.
func (s *Store) forgetSession(ctx context.Context, tx *sql.Tx, id string, personal personalNames) error {
	if err := s.lock(ctx, tx, lockSession, id); err != nil {
		return err
	}

	_, err := tx.ExecContext(ctx, `UPDATE sessions SET customer = '{}', forgotten_at = $1,
		metadata = CASE WHEN link_id <> '' THEN '' ELSE metadata END WHERE id = $2`, millis(s.now()), id)
	if err != nil {
		return err
	}

	if _, err := tx.ExecContext(ctx, "DELETE FROM search_terms WHERE session_id = $1", id); err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, `UPDATE events SET body = json_set(body, '$.data.object.metadata', json('{}'))
		WHERE session_id = $1 AND json_type(body, '$.data.object.metadata') = 'object'
			AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = events.session_id AND s.link_id <> '')`, id)
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, "UPDATE payments SET next_action = json_remove(next_action, '$.fields') WHERE session_id = $1", id)
	if err != nil {
		return err
	}

	for _, column := range []string{"proof", "state"} {
		if err := personal.blankColumn(ctx, tx, "payments", column, id); err != nil {
			return err
		}
	}

	if err := personal.blankColumn(ctx, tx, "refunds", "raw", id); err != nil {
		return err
	}

	return personal.blankColumn(ctx, tx, "events", "body", id)
}

// blankColumn rewrites one JSON column of a session's rows.
func (p personalNames) blankColumn(ctx context.Context, tx *sql.Tx, table, column, session string) error {
	ids, err := queryStrings(ctx, tx, "SELECT id FROM "+table+" WHERE session_id = $1 AND "+column+" <> ''", session)
	if err != nil {
		return err
	}

	for _, id := range ids {
		var text string
		if err := tx.QueryRowContext(ctx, "SELECT "+column+" FROM "+table+" WHERE id = $1", id).Scan(&text); err != nil {
			return err
		}

		blanked, err := p.blanked([]byte(text))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE "+table+" SET "+column+" = $1 WHERE id = $2", string(blanked), id); err != nil {
			return err
		}
	}

	return nil
}

// blanked returns a JSON text without the values of the members of personalNames, however deep: they become
// null, in objects every member. Numbers stay as written.
func (p personalNames) blanked(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	p.blank(value)
	return json.Marshal(value)
}

func (p personalNames) blank(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			p.blank(element)
		}

	case map[string]any:
		_, lineItem := value["quantity"] // its name is a thing's
		for name, member := range value {
			if !p[strings.ToLower(name)] || (lineItem && name == "name") {
				p.blank(member)
				continue
			}

			value[name] = nil
			if object, is := member.(map[string]any); is {
				value[name] = withoutValues(object)
			}
		}
	}
}

// withoutValues keeps the names of an object's members.
func withoutValues(object map[string]any) map[string]any {
	names := make(map[string]any, len(object))
	for name := range object {
		names[name] = nil
	}
	return names
}

type forgetArgs struct{}

func (forgetArgs) Kind() string { return "forget_personal_data" }

type forgetWorker struct {
	river.WorkerDefaults[forgetArgs]
	store          *Store
	after          time.Duration
	personalFields []string
}

const forgetEvery = 24 * time.Hour

// Work forgets what has been kept for long enough. What it has no time for it
// goes on with soon.
func (w *forgetWorker) Work(ctx context.Context, _ *river.Job[forgetArgs]) error {
	bounded, cancel := context.WithTimeout(ctx, jobTimeout/2)
	defer cancel()

	forgotten, err := w.store.Forget(bounded, w.store.now().Add(-w.after), w.personalFields...)
	if forgotten > 0 {
		w.store.log.Info("personal data forgotten", "sessions", forgotten)
		ctx = checkout.WithActor(ctx, "job:"+forgetArgs{}.Kind())
		if err := w.store.Audit(ctx, "personal_data.forget", "", map[string]any{"sessions": forgotten}); err != nil {
			return err
		}
	}

	if err == nil {
		err = w.store.ForgetBankTexts(bounded, w.store.now().Add(-w.after))
	}

	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return river.JobSnooze(time.Second)
	}

	return err
}

// forgetJob is the daily job, and its first run at start.
func forgetJob() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(forgetEvery),
		func() (river.JobArgs, *river.InsertOpts) { return forgetArgs{}, nil },
		&river.PeriodicJobOpts{RunOnStart: true})
}
