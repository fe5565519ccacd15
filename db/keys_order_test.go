package db_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// acrossMerchants are the indexes that do not begin with merchant_id, with the
// reason.
var acrossMerchants = map[string]string{
	"sessions_overdue":     "the verifier goes through all merchants' sessions by time",
	"sessions_remembered":  "the daily job forgets all merchants' personal data by time",
	"sessions_visitor":     "by link, which has one merchant",
	"sessions_holder":      "by link, which has one merchant",
	"payments_session":     "by session, which has one merchant",
	"payments_due":         "queries are paced by account, which has one merchant",
	"payments_claimed":     "queries are paced by account, which has one merchant",
	"payments_watched":     "queries are paced by account, which has one merchant",
	"payments_resting":     "queries are paced by account, which has one merchant",
	"payments_overdue":     "the verifier goes through all merchants' payments by time",
	"payments_unanswered":  "the verifier goes through all merchants' payments by time",
	"payments_transaction": "two merchants may share a bank account: a transaction pays once among all",
	"events_session":       "by session, which has one merchant",
	"deliveries_pending":   "the queue's health is that of all merchants",
	"deliveries_list":      "by endpoint, which has one merchant",
	"deliveries_status":    "by endpoint, which has one merchant",
	"deliveries_due":       "the sweep goes through all merchants' deliveries by time",
	"delivery_attempts_of": "by delivery, which has one merchant",
	"idempotency_keys_age": "the sweep deletes all merchants' keys by time",
	"refunds_payment":      "by payment, which has one merchant",
	"refunds_session":      "by session, which has one merchant",
	"refunds_pending":      "the sweep goes through all merchants' refunds by time",
	"refunds_reference":    "a provider's notice names the refund's reference alone",
	"audit_object":         "the trail is of all that people did, also outside merchants",
	"audit_actor":          "the trail is of all that people did, also outside merchants",
	"hash_lookups_account": "the bounds are those of an account",
	"hash_lookups_session": "the bounds are those of a session",
	"hash_lookups_address": "the bounds are those of an address, at any merchant",
	"hash_lookups_age":     "the sweep deletes all merchants' look-ups by time",
}

var createIndex = regexp.MustCompile(`CREATE (?:UNIQUE )?INDEX (\w+) ON \w+ \((\w+)`)

// TestIndexesBeginWithTheMerchantOrSayWhyNot keeps the way open to a database that is
// sharded by merchant; see docs/scale.md.
func TestIndexesBeginWithTheMerchantOrSayWhyNot(t *testing.T) {
	text, err := os.ReadFile("migrations/00001_initial.sql")
	if err != nil {
		t.Fatal(err)
	}
	reasons := len(acrossMerchants)
	for _, index := range createIndex.FindAllStringSubmatch(string(text), -1) {
		name, first := index[1], index[2]
		reason, across := acrossMerchants[name]
		if (first == "merchant_id") == across || across && strings.TrimSpace(reason) == "" {
			t.Errorf("%s begins with %s", name, first)
		}
		if across {
			reasons--
		}
	}
	if reasons != 0 {
		t.Errorf("%d reasons are for indexes that do not exist", reasons)
	}
}
