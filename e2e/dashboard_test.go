//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

var dashboardLink = regexp.MustCompile(`dashboard \(works once\): (\S+)`)

// ownersLink is the link to the dashboard that the demo printed last.
func (d *demo) ownersLink() string {
	d.t.Helper()
	var link string
	d.poll("print a link to the dashboard", func() bool {
		all := dashboardLink.FindAllStringSubmatch(d.Log(), -1)
		if len(all) > 0 {
			link = all[len(all)-1][1]
		}
		return link != ""
	})
	return link
}

// invite returns the link of an invitation to a role at the demo's merchant.
func (d *demo) invite(email, role string) string {
	d.t.Helper()
	bin, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}

	text, err := os.ReadFile(filepath.Join(d.dataDir, "demo-secrets.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	var secrets struct{ Key string }
	if err := json.Unmarshal(text, &secrets); err != nil {
		d.t.Fatal(err)
	}

	command := exec.Command(bin, "user", "invite", email, "--merchant", "demo", "--role", role, "--data", d.dataDir, "--base-url", d.URL("checkout"))
	command.Env = append(os.Environ(), "RIELTIME_KEY="+secrets.Key)
	out, err := command.CombinedOutput()
	if err != nil {
		d.t.Fatalf("%v: %s", err, out)
	}
	return strings.Fields(string(out))[0]
}

// menu lists the addresses of the dashboard's menu.
func (v *visitor) menu() []string {
	v.t.Helper()
	found, err := v.Page.Evaluate(`Array.from(document.querySelectorAll(".menu a"), a => a.href)`)
	v.must("read the menu", err)
	var links []string
	for _, link := range found.([]any) {
		links = append(links, link.(string))
	}
	if len(links) == 0 {
		v.t.Fatal("the menu is empty")
	}
	return links
}

var textKey = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)

// readDashboardPage checks what holds for every page of the dashboard.
func (v *visitor) readDashboardPage(address string) {
	v.t.Helper()
	if status := v.Open(address); status != http.StatusOK {
		v.t.Errorf("%s: %d", address, status)
	}
	v.SeeFits()
	v.CheckAccessible()

	text, err := v.Page.Locator("body").InnerText()
	v.must("read the page", err)
	for _, line := range strings.Split(text, "\n") {
		if textKey.MatchString(strings.TrimSpace(line)) && !strings.Contains(address, "/webhooks") { // where events' names are shown
			v.t.Errorf("%s shows the key %q in place of a text", address, line)
		}
	}
}

// signOut presses the button in the menu behind the user's name.
func (v *visitor) signOut() {
	v.t.Helper()
	v.must("open the user's menu", v.Page.Locator(".account summary").Click())
	v.Press("Sign out")
	v.See("Password")
}

func TestDashboardOfTheDemosOwner(t *testing.T) {
	t.Parallel()
	d := startDemo(t, withHistory)
	v := newVisitor(t, phone, inEnglish)
	v.Open(d.ownersLink())
	v.CheckAccessible()
	v.Press("Sign in")
	v.See("Today")
	v.See("Test mode: no real money moves")

	for _, address := range v.menu() {
		v.readDashboardPage(address)
	}

	v.must("show the dark theme", v.Page.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeDark}))
	for _, address := range v.menu() {
		v.readDashboardPage(address + "?lang=km")
	}

	v.Open(d.URL("checkout") + "/dashboard?lang=en")
	v.signOut()
	v.Open(d.URL("checkout") + "/dashboard")
	v.See("Password")
}

func TestDashboardOfAnAccountantWithoutJavaScript(t *testing.T) {
	t.Parallel()
	d := startDemo(t, withHistory)
	v := newVisitor(t, phone, withoutJavaScript, inEnglish)
	v.Open(d.invite("bopha@psarchas.example", "accountant"))
	v.See("Accountant at Psar Chas Shop")
	v.Fill("Your name", "Bopha")
	v.Fill("A password of 10 characters or more", "coffee-with-ice")
	v.Press("Accept")
	v.See("Today")

	keys := d.URL("checkout") + "/dashboard/test/demo/keys"
	refused, err := v.Context.Request().Get(keys)
	v.must("get "+keys, err)
	if refused.Status() != http.StatusForbidden {
		t.Errorf("an accountant's keys: %d", refused.Status())
	}

	v.Open(d.URL("checkout") + "/dashboard/test/demo/rights")
	v.signOut()
	v.Fill("E-mail", "bopha@psarchas.example")
	v.Fill("Password", "coffee-with-ice")
	v.Press("Sign in")
	v.See("Today")
}
