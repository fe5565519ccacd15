package db

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"math/bits"
)

// tableSum is what a table holds: how many rows, and a checksum that does not depend
// on their order, because the engines order texts differently: the sum, modulo
// 2^256, of the SHA-256 of each row.
type tableSum struct {
	rows int64
	sum  [4]uint64 // the lowest part first
}

func (s *tableSum) add(row [sha256.Size]byte) {
	s.rows++
	carry := uint64(0)
	for i := range s.sum {
		s.sum[i], carry = bits.Add64(s.sum[i], binary.LittleEndian.Uint64(row[8*i:]), carry)
	}
}

func (s tableSum) text() string {
	return fmt.Sprintf("%016x%016x%016x%016x", s.sum[3], s.sum[2], s.sum[1], s.sum[0])
}

// hashRow hashes normal values: of each its kind, its length and its bytes.
func hashRow(h hash.Hash, row []any) (sum [sha256.Size]byte) {
	h.Reset()
	var eight [8]byte
	number := func(kind byte, n uint64) {
		binary.LittleEndian.PutUint64(eight[:], n)
		h.Write([]byte{kind})
		h.Write(eight[:])
	}

	for _, value := range row {
		switch v := value.(type) {
		case nil:
			number('n', 0)
		case int64:
			number('i', uint64(v))
		case float64:
			number('f', math.Float64bits(v))
		case string:
			number('t', uint64(len(v)))
			h.Write([]byte(v))
		case []byte:
			number('b', uint64(len(v)))
			h.Write(v)
		}
	}

	h.Sum(sum[:0])
	return sum
}

// sumTable reads a whole table; each sees every row.
func (c *copying) sumTable(ctx context.Context, q copyReader, step string, t copiedTable, each func(row []any) error) (sum tableSum, err error) {
	h := sha256.New()
	columns := c.columns[t.name]
	shown := CopyProgress{Step: step, Table: t.name, Total: c.sums[t.name].rows}
	err = t.read(ctx, q, columns, tablePart{}, func(row []any) error {
		sum.add(hashRow(h, row))
		if shown.Done = sum.rows; sum.rows%copiedTogether == 0 {
			c.progress(shown)
		}
		return each(row)
	})

	shown.Done, shown.Ended = sum.rows, true
	if err == nil {
		c.progress(shown)
	}

	return sum, err
}
