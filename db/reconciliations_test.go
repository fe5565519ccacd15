package db_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/reconcile"
	"rieltime/db/dbtest"
	"rieltime/internal/cambodia"
)

// reportOf is a report of klaing's account, with money at the provider that is not ours.
func reportOf(accountID, transaction string, at time.Time) reconcile.Report {
	day := cambodia.DayOf(at)
	report := reconcile.Report{Merchant: "klaing", Mode: checkout.ModeTest, Account: accountID, Provider: "bank", Day: day, Means: reconcile.ByList, MadeAt: at}
	report.Reconciliation = checkout.Reconcile(day.Begin(), (day + 1).Begin(), nil, []checkout.Order{
		{Reference: "r1", Amount: "10.00", Currency: "USD", Status: "SUCCESS", Paid: true, TransactionID: transaction, CreatedAt: day.Begin()},
		{Reference: "r2", Amount: "3.00", Currency: "USD", Status: "WAITING", CreatedAt: day.Begin()},
	})
	return report
}

func TestExplanationStaysWhileTheDifferencesAreTheSame(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)
	report := reportOf(accounts[0].ID, "tx1", at)
	open := func() int {
		t.Helper()
		count, _, err := store.OpenReports(t.Context(), "klaing", checkout.ModeTest, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	save := func(report reconcile.Report) {
		t.Helper()
		if err := store.SaveReport(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}

	save(report)
	others := report.Key()
	others.MerchantID = "krama"
	if err := store.ExplainReport(t.Context(), others, reconcile.Explanation{Note: "n", At: at}); err == nil {
		t.Error("another merchant explained it")
	}
	if _, err := store.Report(t.Context(), others); !errors.Is(err, checkout.ErrNotFound) || open() != 1 {
		t.Errorf("another merchant's report: %v; %d are open", err, open())
	}
	if err := store.ExplainReport(t.Context(), report.Key(), reconcile.Explanation{Note: "sold at the old till", By: "user usr_1", At: at}); err != nil {
		t.Fatal(err)
	}
	if err := store.ExplainReport(t.Context(), report.Key(), reconcile.Explanation{Note: "again", At: at}); err == nil {
		t.Error("explained twice")
	}

	again := reportOf(accounts[0].ID, "tx1", at.Add(time.Hour))
	save(again)
	kept, err := store.Report(t.Context(), report.Key())
	if err != nil || kept.Explanation.Note != "sold at the old till" || kept.Open() || !kept.Since.Equal(at) || !kept.MadeAt.Equal(again.MadeAt) || len(kept.Extra) != 2 || kept.Differences() != 1 || open() != 0 {
		t.Errorf("%+v, %v, %d open", kept, err, open())
	}

	save(reportOf(accounts[0].ID, "tx2", at.Add(2*time.Hour)))
	kept, err = store.Report(t.Context(), report.Key())
	if err != nil || !kept.Open() || kept.Explanation.Note != "" || open() != 1 {
		t.Errorf("another difference: %+v, %v", kept, err)
	}
	if listed, err := store.Reports(t.Context(), "klaing", checkout.ModeTest, report.Day, 10); err != nil || len(listed) != 1 || listed[0].Key() != report.Key() {
		t.Errorf("%+v, %v", listed, err)
	}
}
