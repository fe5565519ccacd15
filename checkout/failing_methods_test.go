package checkout

import "testing"

func TestAccountSinksAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	const bad, fine = "bad", "fine"
	kinds := map[rune]Attempt{
		'x': {AccountID: bad, Status: PaymentFailed, FailureCode: "unreachable"},
		'?': {AccountID: bad, Status: PaymentRequiresAction, Doubtful: true},
		'o': {AccountID: bad, Status: PaymentRequiresAction},
		'd': {AccountID: bad, Status: PaymentFailed, FailureCode: "declined"},
		'p': {AccountID: bad, Status: PaymentSucceeded},
		'c': {AccountID: bad, Status: PaymentCreated}, // not answered yet
		'-': {AccountID: fine, Status: PaymentSucceeded},
	}
	for newestFirst, want := range map[string]bool{
		"":      false,
		"xx":    false,
		"xxx":   true,
		"?x?":   true,
		"cxxx":  true,
		"x-x-x": true,
		"xxox":  false,
		"oxxxx": false,
		"dxxx":  false,
		"pxxx":  false,
		"xxxp":  true,
	} {
		var attempts []Attempt
		for _, letter := range newestFirst {
			attempts = append(attempts, kinds[letter])
		}
		sunk := failing(attempts)
		if sunk[bad] != want || sunk[fine] {
			t.Errorf("%q: sunk %v, want %t for one and false for the other", newestFirst, sunk, want)
		}
	}
}
