package simkit

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type state struct {
	Orders map[string]int `json:"orders"`
}

func TestStateOutlivesItsSimulator(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kess.json")
	fresh := state{Orders: map[string]int{}}
	if err := loadState(path, &fresh); err != nil || fresh.Orders == nil {
		t.Fatalf("without a file: %+v, %v", fresh, err)
	}
	for _, orders := range []int{1, 2} {
		if err := saveState(path, state{Orders: map[string]int{"A": orders}}); err != nil {
			t.Fatal(err)
		}
	}
	var again state
	if err := loadState(path, &again); err != nil || again.Orders["A"] != 2 {
		t.Errorf("%+v, %v", again, err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestStateThatCannotBeReadIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kess.json")
	if err := os.WriteFile(path, []byte(`{"orders":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := loadState(path, &state{}); err == nil || !strings.Contains(err.Error(), "kess.json") {
		t.Errorf("%v", err)
	}
	if err := loadState(t.TempDir(), &state{}); err == nil {
		t.Error("a folder is read")
	}
	if err := saveState(filepath.Join(path, "kess.json"), state{}); err == nil {
		t.Error("a file is written into a file")
	}
}

func TestWithoutAPathNothingIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := saveState("", state{}); err != nil {
		t.Error(err)
	}
	if err := loadState("", &state{}); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir("."); err != nil || len(files) != 0 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestOnlyOneWholeObjectDecodes(t *testing.T) {
	for text, want := range map[string]bool{
		`{"orders":{"A":1}}`: true, ` {} `: true, ``: false, `{`: false, `{"order":{}}`: false, `{}{}`: false, `{}]`: false, `{} x`: false, `[]`: false,
	} {
		if got := DecodeStrict([]byte(text), &state{}) == nil; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestBodyCanBeReadTwice(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("do=pay"))
	if body := ReadBody(r); string(body) != "do=pay" {
		t.Errorf("%q", body)
	}
	if body := ReadBody(r); string(body) != "do=pay" {
		t.Errorf("again %q", body)
	}
	long := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", 2<<20)))
	if body := ReadBody(long); len(body) != 1<<20 {
		t.Errorf("%d bytes of a body without end are read", len(body))
	}
}

func TestBrokenPageIsNotShownInPart(t *testing.T) {
	pages := template.Must(template.New("good").Parse(`<p>{{.}}</p>`))
	template.Must(pages.New("bad").Parse(`<p>{{.Shop}}</p>`))
	w := httptest.NewRecorder()
	WritePage(w, http.StatusNotFound, pages, "good", "<b>")
	if w.Code != http.StatusNotFound || w.Body.String() != "<p>&lt;b&gt;</p>" || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	WritePage(w, http.StatusOK, pages, "bad", "text")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "<p>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestNewestIsTheLastThatMatchesInPlace(t *testing.T) {
	type order struct {
		reference string
		paid      bool
	}
	all := []order{{"A", false}, {"B", false}, {"A", false}}
	Newest(all, func(o *order) bool { return o.reference == "A" }).paid = true
	if all[0].paid || !all[2].paid {
		t.Errorf("%+v", all)
	}
	if found := Newest(all, func(o *order) bool { return o.reference == "C" }); found != nil {
		t.Errorf("%+v", found)
	}
}
