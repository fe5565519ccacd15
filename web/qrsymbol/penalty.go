package qrsymbol

import "math/bits"

// penalty counts what makes a symbol hard to read, with the weights of ISO/IEC 18004
// and as skip2/go-qrcode counts it.
func penalty(rows, columns *lines, size int) int {
	total := blockPenalty(rows, size) + balancePenalty(rows, size)
	for _, way := range []*lines{rows, columns} {
		for _, line := range way[:size] {
			total += runPenalty(line, size) + finderPenalty(line, size)
		}
	}
	return total
}

// runPenalty counts runs of six or more modules of one color in a line: 3 for each,
// and 1 for each module from the sixth on.
func runPenalty(line uint64, size int) int {
	same := ^(line ^ line>>1) & (1<<(size-1) - 1) // each module and the next
	six := same & (same >> 1) & (same >> 2) & (same >> 3) & (same >> 4)
	return bits.OnesCount64(six) + 3*bits.OnesCount64(six&^(six<<1))
}

// blockPenalty counts 3 for each square of 2 by 2 modules of one color.
func blockPenalty(rows *lines, size int) int {
	blocks := 0
	for y := range size - 1 {
		row, below := rows[y], rows[y+1]
		blocks += bits.OnesCount64(^(row ^ row>>1) & ^(below ^ below>>1) & ^(row ^ below) & (1<<(size-1) - 1))
	}
	return 3 * blocks
}

// balancePenalty counts 10 for each twentieth of the modules that are too dark or
// too light beyond a half.
func balancePenalty(rows *lines, size int) int {
	dark := 0
	for _, row := range rows[:size] {
		dark += bits.OnesCount64(row)
	}
	modules := size * size
	return 10 * (max(modules/2-dark, dark-modules/2) / (modules / 20))
}

// finderPenalty counts 40 for each pattern in a line that looks like a finder's,
// dark 1, light 1, dark 3, light 1, dark 1, with four light modules or the line's
// edge on a side. No two overlap: after each, eight dark modules are supposed.
func finderPenalty(line uint64, size int) int {
	total := 0
	for ends := finderEnds(line, size); ends != 0; ends = finderEnds(line, size) {
		total += 40
		end := bits.TrailingZeros64(ends)
		line = line>>(end+1)<<(end+1) | 0xff<<end>>7
	}
	return total
}

// finderEnds returns the modules of a line at which such a pattern ends, counted with the light
// ones after it where there are none before it.
func finderEnds(line uint64, size int) uint64 {
	begins := line &^ (line >> 1) & (line >> 2) & (line >> 3) & (line >> 4) &^ (line >> 5) & (line >> 6)
	if begins == 0 {
		return 0 // as in most lines
	}

	lightBefore := ^(line<<1 | line<<2 | line<<3 | line<<4)
	lightAfter := ^(line>>7 | line>>8 | line>>9 | line>>10)
	last := uint64(1) << (size - 1)
	return begins<<6&(lightBefore<<6|last) | begins<<10&(lightAfter<<10)&(last<<1-1)
}
