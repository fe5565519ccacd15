package bakongsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/simkit"
)

// foundMessage is the message of a transaction that was found.
const foundMessage = "Getting transaction successfully."

// transaction is the data of a check, with the public additions. The external
// reference is the bank's own, not the shop's.
type transaction struct {
	Hash                string            `json:"hash"`
	FromAccountID       string            `json:"fromAccountId"`
	ToAccountID         string            `json:"toAccountId"`
	Currency            checkout.Currency `json:"currency"`
	Amount              json.RawMessage   `json:"amount"`
	Description         string            `json:"description"`
	CreatedDateMs       json.RawMessage   `json:"createdDateMs"`
	AcknowledgedDateMs  json.RawMessage   `json:"acknowledgedDateMs"`
	TrackingStatus      *string           `json:"trackingStatus"`
	ReceiverBank        *string           `json:"receiverBank"`
	ReceiverBankAccount *string           `json:"receiverBankAccount"`
	InstructionRef      *string           `json:"instructionRef"`
	ExternalRef         string            `json:"externalRef"`
}

// data returns a transaction as a check answers with it.
func (t Transaction) data() transaction {
	created := json.RawMessage(strconv.FormatInt(t.CreatedMs, 10) + ".0")
	return transaction{
		Hash: t.Hash, FromAccountID: t.From, ToAccountID: t.To, Currency: t.Currency,
		Amount: json.RawMessage(javaDouble(t.Amount)), Description: t.Description,
		CreatedDateMs: created, AcknowledgedDateMs: created,
		InstructionRef: orNull(t.InstructionRef), ExternalRef: t.ExternalRef(),
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// javaDouble returns a decimal as Bakong's server does: "10.5", "41000.0", and
// from ten million on "1.23456789E7".
func javaDouble(decimal string) string {
	whole, fraction, _ := strings.Cut(decimal, ".")
	fraction = strings.TrimRight(fraction, "0")
	exponent := ""
	if len(whole) >= 8 {
		exponent = "E" + strconv.Itoa(len(whole)-1)
		whole, fraction = whole[:1], strings.TrimRight(whole[1:]+fraction, "0")
	}

	if fraction == "" {
		fraction = "0"
	}

	return whole + "." + fraction + exponent
}

// transactionAnswer returns the answer of a check.
func transactionAnswer(t Transaction, known bool) answer {
	switch {
	case !known:
		return fails(1)
	case t.Failed:
		return fails(3)
	}
	return answer{message: foundMessage, data: t.data()}
}

func checkMD5(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		MD5 string `json:"md5"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.MD5, 1, 255) {
		return fails(5), false
	}
	if s.state.Codes[in.MD5].Static {
		return fails(2), false
	}
	return transactionAnswer(s.state.paymentOf(in.MD5)), false
}

func checkHash(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Hash string `json:"hash"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.Hash, 1, 255) {
		return fails(5), false
	}
	return transactionAnswer(s.state.byHash(in.Hash)), false
}

func checkShortHash(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Hash     string          `json:"hash"`
		Amount   json.RawMessage `json:"amount"`
		Currency string          `json:"currency"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.Hash, 8, 8) || (in.Currency != "USD" && in.Currency != "KHR") {
		return fails(5), false
	}

	amount, err := checkout.ParseDecimal(string(in.Amount), checkout.Currency(in.Currency))
	if err != nil {
		return fails(5), false
	}

	for _, t := range s.state.Transactions {
		if t.ShortHash() == in.Hash && t.Amount == amount.Decimal() && t.Currency == amount.Currency {
			return transactionAnswer(t, true), false
		}
	}

	return fails(1), false
}

func checkExternalRef(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Reference string `json:"externalRef"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.Reference, 1, 255) {
		return fails(5), false
	}
	return transactionAnswer(s.state.find(func(t Transaction) bool { return t.ExternalRef() == in.Reference })), false
}

func checkInstructionRef(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Reference string `json:"instructionRef"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.Reference, 1, 255) {
		return fails(5), false
	}
	return transactionAnswer(s.state.find(func(t Transaction) bool { return t.InstructionRef == in.Reference })), false
}

// maxList is how many keys a list check may have.
const maxList = 50

// listItem is one item of a list answer.
type listItem struct {
	MD5     string `json:"md5,omitempty"`
	Hash    string `json:"hash,omitempty"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func checkMD5List(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	return list(body, func(md5 string) listItem {
		if s.state.Codes[md5].Static {
			return listItem{MD5: md5, Status: "STATIC_QR", Message: codeMessages[2]}
		}
		item := listItemOf(s.state.paymentOf(md5))
		item.MD5 = md5
		return item
	})
}

func checkHashList(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	return list(body, func(hash string) listItem {
		item := listItemOf(s.state.byHash(hash))
		item.Hash = hash
		return item
	})
}

// list answers a list check, with one item for each key.
func list(body []byte, itemOf func(key string) listItem) (answer, bool) {
	var keys []string
	if simkit.DecodeStrict(body, &keys) != nil || len(keys) < 1 || len(keys) > maxList {
		return fails(5), false
	}
	items := make([]listItem, 0, len(keys))
	for _, key := range keys {
		items = append(items, itemOf(key))
	}
	return answer{message: foundMessage, data: items}, false
}

func listItemOf(t Transaction, known bool) listItem {
	switch {
	case !known:
		return listItem{Status: "NOT_FOUND", Message: codeMessages[1]}
	case t.Failed:
		return listItem{Status: "FAILED", Message: codeMessages[3]}
	}
	return listItem{Status: "SUCCESS", Message: "Transaction success", Data: t.data()}
}

func checkAccount(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		AccountID string `json:"accountId"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.AccountID, 1, 255) {
		return fails(5), false
	}

	name, bank, _ := strings.Cut(in.AccountID, "@")
	switch {
	case name == "" || bank == "" || strings.Contains(bank, "@"):
		return fails(12), false
	case !s.state.Accounts[in.AccountID]:
		return fails(11), false
	}

	return answer{message: "Account ID exists"}, false
}
