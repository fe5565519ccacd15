package baraysim

import (
	"cmp"
	"encoding/base64"
	"encoding/json"

	"rieltime/providers/baray/internal/client"
	"rieltime/providers/simkit"
)

// Kinds of webhook that POST /control/callbacks/send can send.
const (
	kindGenuine = "genuine" // the order id, encrypted
	kindForged  = "forged"  // the order id, encrypted with another key
	kindFlipped = "flipped" // a genuine one with one bit changed
	kindReplay  = "replay"  // the captured body of POST /pay as the order id
)

// webhook returns the callback about an intent (section 6). The lock is held.
func (s *Simulator) webhook(intent Intent, kind string) simkit.Callback {
	account := s.state.Accounts[intent.APIKey]
	body, _ := json.Marshal(map[string]string{ // two strings always encode
		"encrypted_order_id": encryptedOrderID(account, intent, kind), "bank": cmp.Or(intent.Bank, "aba"),
	})
	return simkit.Callback{
		URL: account.WebhookCallbackURL, Kind: kind, Reference: intent.OrderID,
		ContentType: "application/json", Body: body, Retry: kind == kindGenuine,
	}
}

func encryptedOrderID(account Account, intent Intent, kind string) string {
	sk := account.SK
	if kind == kindForged {
		sk = base64.StdEncoding.EncodeToString(make([]byte, 32))
	}

	key, err := client.NewKey(sk, account.IV)
	if err != nil {
		return ""
	}

	text := key.Encrypt([]byte(intent.OrderID))
	switch kind {
	case kindReplay:
		return intent.Data
	case kindFlipped:
		return flipBit(text)
	}

	return text
}

// flipBit changes one bit of the first block, which garbles the whole block.
func flipBit(text string) string {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text
	}
	data[0] ^= 1
	return base64.StdEncoding.EncodeToString(data)
}
