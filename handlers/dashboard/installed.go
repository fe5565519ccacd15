package dashboard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/web/appicon"
	"rieltime/web/static"
	"rieltime/web/templates/dashboard"
)

// Addresses of the dashboard as an installed app.
const (
	manifestPath = Prefix + "/app.webmanifest"
	workerPath   = Prefix + "/worker.js"
	offlinePath  = Prefix + "/offline"
	iconPath     = Prefix + "/icon-"
)

// registerInstalled adds what browsers need to install the dashboard. It is the same for
// everybody and says nothing of any merchant.
func (s *Server) registerInstalled(group *echo.Group) {
	group.GET(manifestPath, s.showManifest)
	group.GET(workerPath, s.showWorker)
	group.GET(offlinePath, s.showOffline)
	for _, size := range appicon.Sizes() {
		group.GET(iconAddress(size), func(c echo.Context) error {
			c.Response().Header().Set("Cache-Control", "public, max-age=86400")
			return c.Blob(http.StatusOK, "image/png", appicon.PNG(size))
		})
	}
}

func iconAddress(size int) string { return iconPath + strconv.Itoa(size) + ".png" }

// manifest is a web app manifest: https://www.w3.org/TR/appmanifest/.
type manifest struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	StartURL   string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Theme      string         `json:"theme_color"`
	Background string         `json:"background_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// showManifest describes the app, which begins where a user begins after signing in: a
// cashier at the counter.
func (s *Server) showManifest(c echo.Context) error {
	app := manifest{
		ID: Prefix, Name: "Rieltime", ShortName: "Rieltime", StartURL: Prefix, Scope: Prefix, Display: "standalone", Theme: "#0a4aa6", Background: "#ffffff",
	}
	for _, size := range appicon.Sizes() {
		side := strconv.Itoa(size)
		app.Icons = append(app.Icons, manifestIcon{iconAddress(size), side + "x" + side, "image/png", "any maskable"})
	}

	body, err := json.Marshal(app)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/manifest+json", body)
}

// showWorker is the service worker, with what it keeps for when there is no connection.
// It is another one when that page or its files change.
func (s *Server) showWorker(c echo.Context) error {
	var page bytes.Buffer
	if err := dashboard.OfflinePage(s.offlinePage()).Render(c.Request().Context(), &page); err != nil {
		return err
	}
	sum := sha256.Sum256(page.Bytes())
	kept, err := json.Marshal(map[string]any{
		"name": "rieltime-" + hex.EncodeToString(sum[:6]), "page": offlinePath, "files": []string{static.URL("dashboard.css"), static.URL("dashboard.bundle.js")},
	})
	if err != nil {
		return err
	}

	header := c.Response().Header()
	header.Set("Service-Worker-Allowed", Prefix)
	header.Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", append([]byte("const offline = "+string(kept)+";\n"), static.Text("worker.js")...))
}

func (s *Server) offlinePage() dashboard.Page {
	return dashboard.Page{CSS: static.URL("dashboard.css"), JS: static.URL("dashboard.bundle.js")}
}

// showOffline is the page that the worker keeps. It is in all languages: whoever reads it
// later may have chosen another.
func (s *Server) showOffline(c echo.Context) error {
	return render(c, http.StatusOK, dashboard.OfflinePage(s.offlinePage()))
}
