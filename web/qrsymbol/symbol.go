// Package qrsymbol makes the QR codes on pages: the symbols of skip2/go-qrcode at level M,
// module for module, in a small part of its time.
//
// A symbol is the exclusive or of its unmasked modules, which depend on the text, and
// a mask with its format bits, which depend on the version alone. So the text is
// encoded once, and each of the eight masks costs one operation a row.
package qrsymbol

import (
	"errors"
	"math"
	"math/bits"
	"sync"

	"rsc.io/qr/coding"
)

// MaxVersion is the largest version that Encode makes: 61 modules across, so that a
// row is one word. It holds 251 bytes.
const MaxVersion = 11

// ErrUnsuitable says that a text is empty or needs a larger version than MaxVersion.
var ErrUnsuitable = errors.New("qrsymbol: no such code is made of this text")

// lines are the rows of a symbol, or its columns: module 0 is the lowest bit, dark
// modules are set.
type lines [17 + 4*MaxVersion]uint64

// Encode makes the QR code of a text, at level M, in the smallest version and with the
// mask of the lowest penalty. It returns the modules by row, dark ones true, without
// a quiet zone.
func Encode(text string) ([][]bool, error) {
	version, segments, err := split(text)
	if err != nil {
		return nil, err
	}

	encodings := make([]coding.Encoding, len(segments))
	for i, s := range segments {
		encodings[i] = s.encoding()
	}

	l := layouts[version]()
	code, err := l.plan.Encode(encodings...)
	if err != nil {
		return nil, err
	}

	rows := rowsOf(code)
	return bestMasked(rows, code.Size, l.masks[:]).modules(code.Size), nil
}

// bestMasked returns rows with the mask of the lowest penalty.
func bestMasked(rows lines, size int, masks []mask) (best lines) {
	columns := transpose(rows, size)
	lowest := math.MaxInt
	for _, mask := range masks {
		masked, maskedColumns := rows.xor(mask.rows), columns.xor(mask.columns)
		if p := penalty(&masked, &maskedColumns, size); p < lowest {
			best, lowest = masked, p
		}
	}
	return best
}

// layout is what all symbols of a version have in common.
type layout struct {
	plan  *coding.Plan // with mask 0
	masks [8]mask
}

// mask is what differs between a symbol with this mask and the same one with mask 0.
type mask struct{ rows, columns lines }

var layouts = func() (all [MaxVersion + 1]func() *layout) {
	for version := range all {
		all[version] = sync.OnceValue(func() *layout { return newLayout(coding.Version(version)) })
	}
	return all
}()

func newLayout(version coding.Version) *layout {
	l := &layout{}
	var unmasked lines
	for m := range l.masks {
		plan, err := coding.NewPlan(version, coding.M, coding.Mask(m))
		if err != nil {
			panic(err) // the version exists
		}

		code, err := plan.Encode()
		if err != nil {
			panic(err) // nothing fits into every version
		}

		rows := rowsOf(code)
		if m == 0 {
			l.plan, unmasked = plan, rows
		}

		rows = rows.xor(unmasked)
		l.masks[m] = mask{rows, transpose(rows, code.Size)}
	}

	return l
}

func rowsOf(code *coding.Code) (rows lines) {
	for y := range code.Size {
		for i, b := range code.Bitmap[y*code.Stride : y*code.Stride+8] {
			rows[y] |= uint64(bits.Reverse8(b)) << (8 * i)
		}
	}
	return rows
}

func transpose(rows lines, size int) (columns lines) {
	for y, row := range rows[:size] {
		for ; row != 0; row &= row - 1 {
			columns[bits.TrailingZeros64(row)] |= 1 << y
		}
	}
	return columns
}

func (l lines) xor(other lines) lines {
	for i := range l {
		l[i] ^= other[i]
	}
	return l
}

func (l lines) modules(size int) [][]bool {
	all, modules := make([]bool, size*size), make([][]bool, size)
	for y := range modules {
		modules[y] = all[y*size : (y+1)*size]
		for x := range modules[y] {
			modules[y][x] = l[y]>>x&1 == 1
		}
	}
	return modules
}
