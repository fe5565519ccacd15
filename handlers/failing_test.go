package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMethodThatKeepsFailingMovesDownAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.baray.fails = http.ErrHandlerTimeout
	for range 3 {
		h.submit("/c/"+h.open()+"/payments", "method", "baray")
	}
	last := func() (id, text string) {
		t.Helper()
		methods := wantState(t, h.get("/c/"+h.open(`"locale":"en"`)), "choosing").Find(".methods > li")
		if methods.Length() < 2 {
			t.Fatal("there is nothing to choose from")
		}
		row := methods.Last()
		return row.Find("button[name=method]").AttrOr("value", ""), row.Text()
	}
	if id, text := last(); id != "baray" || !strings.Contains(text, "Has not been working") {
		t.Errorf("the last method is %s: %s", id, text)
	}
	h.baray.fails = nil
	h.clock.Pass(time.Second)
	h.pay(h.open(), "baray") // it can still be chosen
	if _, text := last(); strings.Contains(text, "Has not been working") {
		t.Errorf("after one that worked: %s", text)
	}
}
