package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/notices"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// A refund that many wake while it is asked about is asked about once more: the lock of
// its row keeps the generation in the row that of the job that is queued.
func TestRefundThatManyWritersWakeHasAJobOfItsGeneration(t *testing.T) {
	options := dbtest.Options(t)
	r := newReplicasOf(t, options)
	purchase := r.paid("tx")
	refund, err := r.processes[0].Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{Payment: purchase.Latest().ID, Amount: "0.30", Reason: "broken cup", ByHand: &checkout.ByHand{By: "Bopha"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.stores[0].WakeRefund(t.Context(), refund); err != nil {
		t.Fatal(err)
	}

	for range rounds {
		executeIn(t, options, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at WHERE kind = 'check_refund' AND state <> 'running'")
		r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
			return store.WakeRefund(t.Context(), refund)
		})
		var queued int
		err := rawDatabase(t, options).QueryRow(`SELECT count(*) FROM river_job j JOIN refunds r ON json_extract(CAST(json(j.args) AS TEXT), '$.refund_id') = r.id
			WHERE j.state = 'available' AND CAST(coalesce(json_extract(CAST(json(j.args) AS TEXT), '$.generation'), '0') AS BIGINT) = r.generation`).Scan(&queued)
		if err != nil || queued != 1 {
			t.Errorf("%d jobs of the row's generation wait, %v", queued, err)
		}
	}
}

func TestManyWritersSendNoMoreMailsThanAllowed(t *testing.T) {
	r := newReplicas(t)
	sent := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		return store.InsertMail(t.Context(), notices.Mail{
			ID: fmt.Sprint("mail_", writer), Kind: notices.MailConfirmation, MerchantID: "klaing", Email: "owner@klaing.example", Locale: "km",
			Link: "https://pay.example/confirm", CreatedAt: start, ExpiresAt: start.Add(time.Hour),
		})
	}, notices.ErrManyMails)
	if sent != notices.MaxMails {
		t.Errorf("%d mails are sent, want %d", sent, notices.MaxMails)
	}
}

// A bot is linked to one shop: the others learn that it is taken.
func TestBotThatManyWritersLinkIsOfOneShop(t *testing.T) {
	const shops = 8
	r := newReplicas(t)
	for i := range shops {
		r.apply(fmt.Sprint("shop", i))
	}
	for round := range int64(rounds) {
		r.wantOneOwner(4200+round, shops)
	}
}

// wantOneOwner has all writers link a bot, each to one of the shops.
func (r *replicas) wantOneOwner(botID int64, shops int) {
	r.t.Helper()
	var linked [writers]string
	r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		shop := fmt.Sprint("shop", writer%shops)
		err := store.SetBot(r.t.Context(), notices.Bot{MerchantID: shop, Mode: checkout.ModeTest, ID: botID, Username: "one_bot", Token: "token", CreatedAt: start})
		if err == nil {
			linked[writer] = shop
		}
		return err
	}, notices.ErrBotTaken)

	owner := ""
	for _, shop := range linked {
		if shop == "" {
			continue
		}
		if owner != "" && owner != shop {
			r.t.Errorf("linked to %s and to %s", owner, shop)
		}
		owner = shop
	}
	if bot, err := r.stores[0].Bot(r.t.Context(), owner, checkout.ModeTest); err != nil || bot.ID != botID {
		r.t.Errorf("%+v, %v", bot, err)
	}
}

var errTakenBefore = errors.New("taken before")

func TestUpdateOfABotIsTakenByOneOfManyWriters(t *testing.T) {
	r := newReplicas(t)
	bot := notices.Bot{MerchantID: "klaing", Mode: checkout.ModeTest, ID: 4200, Username: "klaing_bot", Token: "4200:token", CreatedAt: start}
	if err := r.stores[0].SetBot(t.Context(), bot); err != nil {
		t.Fatal(err)
	}
	for update := range int64(rounds) {
		taken := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
			taken, err := store.TakeUpdate(t.Context(), bot, 100+update)
			if err == nil && !taken {
				return errTakenBefore
			}
			return err
		}, errTakenBefore)
		if taken != 1 {
			t.Errorf("update %d is taken %d times", update, taken)
		}
	}
}
