package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rieltime/checkout"
)

// compareTables reads the whole copy: each table must have the rows of the source's.
func (c *copying) compareTables(ctx context.Context) error {
	var different []string
	for _, t := range copiedTables {
		found, err := c.sumTable(ctx, copyReader{c.to.pool, c.to.dialect}, "compare", t, func([]any) error { return nil })
		if err != nil {
			return fmt.Errorf("read %s of %s: %w", t.name, c.to.name, err)
		}

		switch want := c.sums[t.name]; {
		case found.rows != want.rows:
			different = append(different, fmt.Sprintf("%s has %d rows instead of %d", t.name, found.rows, want.rows))
		case found != want:
			different = append(different, t.name+" has other values")
		}
	}

	if len(different) > 0 {
		return fmt.Errorf("the copy is not like its source: %s. Make a new, empty database and copy to that one", strings.Join(different, ", "))
	}

	return nil
}

// compareFindings checks the invariants in both. What the source breaks the copy
// breaks as well, and nothing else; what only one engine checks nothing breaks.
func (c *copying) compareFindings(ctx context.Context) ([]Finding, error) {
	c.progress(CopyProgress{Step: "check"})
	source, err := Check(ctx, c.from.options)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", c.from.name, err)
	}

	findings, err := Check(ctx, c.to.options)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", c.to.name, err)
	}

	broken := map[string]int{}
	for _, finding := range source {
		broken[finding.Check] += finding.Broken
	}

	for _, finding := range findings {
		broken[finding.Check] -= finding.Broken
	}

	for _, finding := range append(source, findings...) {
		if broken[finding.Check] != 0 {
			return nil, fmt.Errorf("the copy is not like its source: the rule %q is broken by %d in one of them (%s) and not in the other", finding.Check, finding.Broken, strings.Join(finding.Examples, ", "))
		}
	}

	c.progress(CopyProgress{Step: "check", Ended: true})
	return findings, nil
}

// finish makes a copy that is like its source a database that may be used.
func (c *copying) finish(ctx context.Context) error {
	work, err := c.redeliveries(ctx)
	if err != nil {
		return fmt.Errorf("read the jobs of %s: %w", c.from.name, err)
	}

	queue, err := river.NewClient(c.to.dialect.river(c.to.pool), &river.Config{})
	if err != nil {
		return err
	}

	tx, err := c.to.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	if err := c.to.dialect.copying.number(ctx, tx); err != nil {
		return err
	}

	for _, rest := range work {
		if _, err := queue.InsertTx(ctx, tx, rest, nil); err != nil {
			return err
		}
	}

	if err := c.auditCopy(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DROP TABLE "+copiesTable); err != nil {
		return err
	}

	return tx.Commit()
}

// redeliveries reads what the source's job queue alone knows: what is left of
// redeliveries. All other jobs are queued again from rows that were copied.
func (c *copying) redeliveries(ctx context.Context) (work []redelivery, err error) {
	queue, err := river.NewClient(c.from.dialect.river(c.from.pool), &river.Config{})
	if err != nil {
		return nil, err
	}

	const most = 10_000
	found, err := queue.JobList(ctx, river.NewJobListParams().First(most).Kinds(redelivery{}.Kind()).States(
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled))
	if err != nil {
		return nil, err
	}
	if len(found.Jobs) == most {
		return nil, fmt.Errorf("there are %d redeliveries or more: start rieltime serve until they are done", most)
	}

	for _, job := range found.Jobs {
		var rest redelivery
		if err := json.Unmarshal(job.EncodedArgs, &rest); err != nil {
			return nil, err
		}
		work = append(work, rest)
	}

	return work, nil
}

func (c *copying) auditCopy(ctx context.Context, tx *sql.Tx) error {
	actor := checkout.ActorOf(ctx)
	if actor == "" {
		return nil
	}

	detail, err := json.Marshal(map[string]string{"from": c.from.name})
	if err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, insertAuditQuery, millis(time.Now()), actor, "database.copy", "", string(detail))
	return err
}
