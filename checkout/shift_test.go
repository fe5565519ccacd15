package checkout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestCountsOfAShift(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 14, 1, 0, 0, 0, time.UTC)
	open := func() checkout.Shift {
		shift, err := checkout.OpenShift("klaing", checkout.ModeTest, "usr_1", []checkout.ShiftText{{Currency: checkout.USD, Cash: "20.5"}, {Currency: checkout.KHR}}, now)
		if err != nil {
			t.Fatal(err)
		}
		return shift
	}
	taken := []checkout.SaleTakings{{Method: "khqr", Taken: checkout.Money{Minor: 1000, Currency: checkout.USD}, Count: 2}, {Method: "khqr", Taken: checkout.Money{Minor: 4000, Currency: checkout.KHR}, Count: 1}}

	for _, c := range []struct {
		name     string
		usd, khr checkout.ShiftText
		note     string
		code     string
	}{
		{"nothing to compare with", checkout.ShiftText{Cash: "99"}, checkout.ShiftText{}, "", ""},
		{"all fits", checkout.ShiftText{Cash: "25.50", CashSales: "5", OtherSales: "10"}, checkout.ShiftText{OtherSales: "4000"}, "", ""},
		{"cash is missing", checkout.ShiftText{Cash: "25", CashSales: "5"}, checkout.ShiftText{}, "", "note_missing"},
		{"money did not come", checkout.ShiftText{Cash: "20.50", OtherSales: "10"}, checkout.ShiftText{OtherSales: "4100"}, " ", "note_missing"},
		{"money did not come, with a note", checkout.ShiftText{Cash: "20.50", OtherSales: "10"}, checkout.ShiftText{OtherSales: "4100"}, "a false screenshot", ""},
		{"the drawer was not counted", checkout.ShiftText{}, checkout.ShiftText{}, "", "count_missing"},
		{"nor what was sold for cash", checkout.ShiftText{Cash: "20.50"}, checkout.ShiftText{CashSales: "4000"}, "", "count_missing"},
		{"an empty drawer", checkout.ShiftText{Cash: "0"}, checkout.ShiftText{}, "", "note_missing"},
		{"an empty drawer, with a note", checkout.ShiftText{Cash: "0"}, checkout.ShiftText{}, "brought to the bank", ""},
		{"half a riel", checkout.ShiftText{}, checkout.ShiftText{Cash: "100.5"}, "", "count_invalid"},
		{"below zero", checkout.ShiftText{Cash: "-1"}, checkout.ShiftText{}, "", "count_invalid"},
		{"an exponent", checkout.ShiftText{CashSales: "1e3"}, checkout.ShiftText{}, "", "count_invalid"},
		{"a long note", checkout.ShiftText{Cash: "20.50"}, checkout.ShiftText{}, strings.Repeat("ក", 501), "note_too_long"},
	} {
		shift := open()
		c.usd.Currency, c.khr.Currency = checkout.USD, checkout.KHR
		err := shift.CloseAt(now.Add(time.Hour), "usr_1", []checkout.ShiftText{c.usd, c.khr}, c.note, taken)
		var wrong *checkout.Error
		if errors.As(err, &wrong); (wrong == nil) != (c.code == "") || wrong != nil && wrong.Code != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
		if closed := !shift.ClosedAt.IsZero(); closed != (c.code == "") {
			t.Errorf("%s: closed %v", c.name, closed)
		}
	}

	shift := open()
	texts := []checkout.ShiftText{{Currency: checkout.USD, Cash: "25", CashSales: "5", OtherSales: "8"}, {Currency: checkout.KHR, OtherSales: "5000"}}
	if err := shift.CloseAt(now, "usr_1", texts, "x", taken); err != nil {
		t.Fatal(err)
	}
	differences := shift.Differences()
	if *differences[0].Cash != -50 || *differences[0].Others != 200 || differences[1].Cash != nil || *differences[1].Others != -1000 {
		t.Errorf("%+v", differences)
	}
	if err := shift.CloseAt(now, "usr_2", texts, "x", taken); !errors.Is(err, checkout.ErrShiftClosed) || shift.ClosedBy != "usr_1" {
		t.Errorf("closed again: %v", err)
	}
}
