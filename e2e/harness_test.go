//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/skip2/go-qrcode"
)

const strictCSP = "default-src 'none'; img-src data:; script-src 'self'; form-action 'self'"

// servePage serves one HTML page under a strict Content-Security-Policy.
func servePage(t *testing.T, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", strictCSP)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Page</title>`+
			`<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">`+
			`</head><body><main><h1>Page</h1>%s</main></body></html>`, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func qrImage(t *testing.T, text string) string {
	t.Helper()
	picture, err := qrcode.Encode(text, qrcode.Medium, 240)
	if err != nil {
		t.Fatal(err)
	}
	return `<img alt="KHQR code" src="data:image/png;base64,` + base64.StdEncoding.EncodeToString(picture) + `">`
}

func TestQRCodeIsReadFromTheScreen(t *testing.T) {
	t.Parallel()
	const text = "00020101021229180014sophea@devbank5204599953031165802KH6304ABCD"
	address := servePage(t, qrImage(t, text))
	for name, options := range map[string][]device{
		"phone":                    {phone},
		"desktop":                  {desktop},
		"phone without JavaScript": {phone, withoutJavaScript},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBuyer(t, options[0], options[1:]...)
			if status := b.Open(address); status != http.StatusOK {
				t.Fatalf("status %d, want 200", status)
			}
			if got := b.ReadQR("img"); got != text {
				t.Errorf("the code says %q, want %q", got, text)
			}
		})
	}
}

func TestNoQRCodeIsAnError(t *testing.T) {
	t.Parallel()
	var blank bytes.Buffer
	if err := png.Encode(&blank, image.NewGray(image.Rect(0, 0, 240, 240))); err != nil {
		t.Fatal(err)
	}
	if text, err := readQR(blank.Bytes()); err == nil {
		t.Errorf("a blank picture reads as %q, want an error", text)
	}
}

func TestPhoneIs360PixelsWide(t *testing.T) {
	t.Parallel()
	b := newBuyer(t, phone)
	b.Open(servePage(t, ""))
	width, err := b.Page.Evaluate(`window.innerWidth`)
	b.must("measure the page", err)
	if fmt.Sprint(width) != "360" {
		t.Errorf("the page is %v pixels wide, want 360", width)
	}
}

func TestAxeFindsViolations(t *testing.T) {
	t.Parallel()
	b := newBuyer(t, phone)
	b.Open(servePage(t, `<p>Fine</p>`))
	b.CheckAccessible()
	b.Open(servePage(t, `<img src="data:,"><p><font color="#bbbbbb">Pale</font></p>`))
	b.loadAxe()
	violations := b.axeViolations(`{}`)
	if len(violations) != 2 || violations[0].ID != "color-contrast" || violations[1].ID != "image-alt" {
		t.Errorf("violations %v, want color-contrast and image-alt alone", violations)
	}
}

func TestBrokenPageIsNoticed(t *testing.T) {
	t.Parallel()
	b := newBuyer(t, desktop)
	b.Open(servePage(t, `<p style="color:red">Styled against the policy</p>`))
	for deadline := time.Now().Add(startDeadline); !b.isBroken(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatal("a violation of the page's policy was not noticed")
		}
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	b.broken = nil
}

func (b *buyer) isBroken() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.broken) > 0
}

func TestBuyerPressesAndArrives(t *testing.T) {
	t.Parallel()
	b := newBuyer(t, phone, withoutJavaScript)
	b.Open(servePage(t, `<form action="/done"><label>Name <input name="name"></label><button>Send</button></form>`))
	b.SeeNo("Receipt")
	b.Fill("Name", "Sophea")
	b.Press("Send")
	b.ArriveAt(regexp.MustCompile(`/done\?name=Sophea$`))
}
