package db_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/statements"
	"rieltime/checkout/users"
	"rieltime/db"
)

func TestManyWritersOpenAndCloseOneShift(t *testing.T) {
	r := newReplicas(t)
	ctx := checkout.WithActor(t.Context(), "user:usr_1")
	opened := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
		return store.InsertShift(ctx, openedShift("usr_1"))
	}, checkout.ErrShiftOpen)
	shift, err := r.stores[1].OpenShift(t.Context(), "klaing", checkout.ModeTest, "usr_1")
	if err != nil {
		t.Fatal(err)
	}

	end := start.Add(time.Minute)
	closed := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		return store.CloseShift(ctx, shift.ID, end, closeAt(end, fmt.Sprint(20+writer)))
	}, checkout.ErrShiftClosed)
	if opened != 1 || closed != 1 {
		t.Errorf("%d shifts of a cashier were opened, one was closed %d times", opened, closed)
	}
	trail, err := r.stores[0].AuditTrail(t.Context(), db.AuditQuery{Object: shift.ID, Limit: 10})
	if err != nil || len(trail) != 2 {
		t.Errorf("the trail has %d entries of it, %v", len(trail), err)
	}
}

// A cashier has one second screen: the last that was asked for. One screen takes its code.
func TestManyWritersPairOneDisplay(t *testing.T) {
	r := newReplicas(t)
	insertUser(t, r.stores[0])
	var codes, ids [writers]string
	r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		code, display := users.NewDisplay("klaing", checkout.ModeTest, users.SignIn{ID: "sin_1", UserID: "usr_1"}, start)
		codes[writer], ids[writer] = users.DisplayCodeHash(code.Reveal()), display.ID
		return store.InsertDisplay(t.Context(), display, start)
	})
	display, err := r.stores[0].DisplayOf(t.Context(), "klaing", checkout.ModeTest, "usr_1")
	if err != nil {
		t.Fatal(err)
	}
	code := codes[slices.Index(ids[:], display.ID)]

	var tokens [writers]string
	paired := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		err := store.PairDisplay(t.Context(), code, fmt.Sprint("token ", writer), start, start.Add(time.Hour))
		if err == nil {
			tokens[writer] = fmt.Sprint("token ", writer)
		}
		return err
	}, users.ErrDisplayCode)
	if paired != 1 {
		t.Errorf("%d screens took one code", paired)
	}
	for _, token := range tokens {
		if token == "" {
			continue
		}
		if got, _, err := r.stores[1].Display(t.Context(), token); err != nil || got.ID != display.ID {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, other := range codes {
		if err := r.stores[1].PairDisplay(t.Context(), other, "late", start, start.Add(time.Hour)); err == nil {
			t.Error("another code can still be taken")
		}
	}
}

// Of statements that a user uploads at once one waits, whole: its name is its file's.
func TestManyWritersLeaveOneUploadedStatement(t *testing.T) {
	r := newReplicas(t)
	account := r.accountOf("klaing")
	id := func(writer int) string { return fmt.Sprint("bu_", writer) }
	r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		return store.InsertBankUpload(t.Context(), statements.Upload{
			ID: id(writer), MerchantID: "klaing", Mode: checkout.ModeTest, AccountID: account.ID, Name: id(writer), File: []byte(id(writer)), At: start, By: "user:usr_1",
		})
	})
	found := 0
	for writer := range writers {
		u, err := r.stores[1].BankUpload(t.Context(), "klaing", checkout.ModeTest, id(writer))
		if err != nil {
			continue
		}
		found++
		if u.Name != u.ID || string(u.File) != u.ID {
			t.Errorf("%s is named %s and has the file %s", u.ID, u.Name, u.File)
		}
	}
	if found != 1 {
		t.Errorf("%d uploads wait", found)
	}
}
