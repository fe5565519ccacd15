package statements

import (
	"cmp"
	"context"
	"sort"
)

// openLines are the lines that an import matches, in the order of time: of two that name
// a payment, the first has it.
type openLines struct {
	lines  []Line
	stored []*Entry        // of each line that an earlier import stored; nil: the line is new
	keys   []LineKey       // of each new line
	taken  map[string]bool // the payments that have a line
}

func (o *openLines) Len() int { return len(o.lines) }

func (o *openLines) Less(i, j int) bool {
	a, b := o.lines[i], o.lines[j]
	return cmp.Or(cmp.Compare(a.Day, b.Day), a.At.Compare(b.At), cmp.Compare(a.Row, b.Row)) < 0
}

func (o *openLines) Swap(i, j int) {
	o.lines[i], o.lines[j] = o.lines[j], o.lines[i]
	o.stored[i], o.stored[j] = o.stored[j], o.stored[i]
	o.keys[i], o.keys[j] = o.keys[j], o.keys[i]
}

// openLines collects the lines of a file that are not known, and those of earlier
// statements around its days that have no payment.
func (s *Service) openLines(ctx context.Context, statement Imported, lines []Line) (*openLines, error) {
	stored, taken, err := s.store.OpenBankLines(ctx, statement.AccountID, statement.First-nearDays, statement.Last+nearDays)
	if err != nil {
		return nil, err
	}
	known, err := s.store.KnownBankLines(ctx, statement.AccountID, statement.First, statement.Last)
	if err != nil {
		return nil, err
	}

	numbered := Number(lines)
	open := &openLines{lines: lines[:0], stored: make([]*Entry, 0, len(lines)), keys: numbered[:0], taken: taken}
	for i, key := range numbered {
		if !known[key] {
			open.lines, open.stored, open.keys = append(open.lines, lines[i]), append(open.stored, nil), append(open.keys, key)
		}
	}
	for i := range stored {
		open.lines, open.stored, open.keys = append(open.lines, stored[i].Line), append(open.stored, &stored[i]), append(open.keys, stored[i].Key)
	}
	sort.Stable(open)
	return open, nil
}
