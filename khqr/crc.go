package khqr

import (
	"crypto/md5" //nolint:gosec // Bakong names a code by its MD5; nothing is protected by it
	"encoding/hex"
)

// MD5 returns the lower-case hex MD5 of a whole code, CRC included: the key by
// which Bakong's check_transaction_by_md5 knows it.
func MD5(text string) string {
	var scratch [512]byte // a code is shorter, and need not leave the stack
	sum := md5.Sum(append(scratch[:0], text...))
	var out [2 * md5.Size]byte
	hex.Encode(out[:], sum[:])
	return string(out[:])
}

// crcTables are CRC-16/CCITT-FALSE (polynomial 0x1021, most significant bit
// first) of each byte, followed by as many zero bytes as the table's number.
var crcTables = func() (tables [16][256]uint16) {
	for i := range tables[0] {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}

		tables[0][i] = crc
	}

	for n := 1; n < len(tables); n++ {
		for i, crc := range tables[n-1] {
			tables[n][i] = crc<<8 ^ tables[0][crc>>8]
		}
	}

	return tables
}()

// crc16 takes sixteen bytes at a step, each from its own table, which is several
// times faster than one after another.
func crc16[T string | []byte](data T) uint16 {
	t, crc := &crcTables, uint16(0xFFFF)
	for len(data) >= 16 {
		crc = t[15][data[0]^byte(crc>>8)] ^ t[14][data[1]^byte(crc)] ^
			t[13][data[2]] ^ t[12][data[3]] ^ t[11][data[4]] ^ t[10][data[5]] ^
			t[9][data[6]] ^ t[8][data[7]] ^ t[7][data[8]] ^ t[6][data[9]] ^
			t[5][data[10]] ^ t[4][data[11]] ^ t[3][data[12]] ^ t[2][data[13]] ^
			t[1][data[14]] ^ t[0][data[15]]

		data = data[16:]
	}

	for i := range len(data) {
		crc = crc<<8 ^ t[0][byte(crc>>8)^data[i]]
	}

	return crc
}

// appendCRC adds the checksum of everything in out, "6304" included.
func appendCRC(out []byte) []byte {
	const hexDigits = "0123456789ABCDEF"
	crc := crc16(out)
	return append(out, hexDigits[crc>>12], hexDigits[crc>>8&15], hexDigits[crc>>4&15], hexDigits[crc&15])
}
