package dashboard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// The page of an upload is told how far its own import is, and nothing of another's.
func TestImportTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	s := &Server{}
	own := viewer{merchant: checkout.Merchant{ID: "klaing"}, mode: checkout.ModeTest}
	s.importing.Store(own.path(uploadRoute+"/bu_1"), importProgress{500, 1200})
	for want, of := range map[string]struct {
		viewer viewer
		id     string
	}{
		`{"done":500,"total":1200}`: {own, "bu_1"},
		`{"done":0,"total":0}`:      {own, "bu_2"},
		`{"done":0,"total":0} `:     {viewer{merchant: checkout.Merchant{ID: "krama"}, mode: checkout.ModeTest}, "bu_1"},
	} {
		w := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), w)
		c.SetParamNames("upload")
		c.SetParamValues(of.id)
		if err := s.showProgress(c, of.viewer); err != nil || strings.TrimSpace(w.Body.String()) != strings.TrimSpace(want) {
			t.Errorf("%s of %s: %s, %v", of.id, of.viewer.merchant.ID, w.Body, err)
		}
	}
}
