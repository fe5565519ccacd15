package khqr

import (
	"crypto/md5" //nolint:gosec // Bakong names a code by its MD5; nothing is protected by it
	"encoding/hex"
)

// MD5 returns the lower-case hex MD5 of a whole code, CRC included: the key by
// which Bakong's check_transaction_by_md5 knows it.
func MD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// crcTable is CRC-16/CCITT-FALSE: polynomial 0x1021, most significant bit first.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}
		table[i] = crc
	}
	return table
}()

func crc16[T string | []byte](data T) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(data) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^data[i]]
	}
	return crc
}

// appendCRC adds the checksum of everything in out, "6304" included.
func appendCRC(out []byte) []byte {
	const hexDigits = "0123456789ABCDEF"
	crc := crc16(out)
	return append(out, hexDigits[crc>>12], hexDigits[crc>>8&15], hexDigits[crc>>4&15], hexDigits[crc&15])
}
