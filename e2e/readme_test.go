//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var (
	firstCommands = regexp.MustCompile("(?s)\n## The first session\n.*?```sh\n(.*?)```")
	onShop        = regexp.MustCompile(`^http://127\.0\.0\.1:[0-9]+/\?session_id=cs_[0-9a-z]+$`)
)

func TestTheFirstSessionOfTheReadmeIsPaid(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := firstCommands.FindSubmatch(readme)
	if commands == nil {
		t.Fatal("README.md has no commands under its first session")
	}

	d := startDemo(t)
	here := strings.NewReplacer("http://127.0.0.1:8080", d.URL("checkout"), "http://127.0.0.1:8081", d.URL("shop"), "data/", d.dataDir+"/")
	var session struct {
		URL string `json:"url"`
	}
	send(t, curl(t, here.Replace(string(commands[1]))), &session)

	v := newVisitor(t, phone)
	v.Open(session.URL)
	v.PayInBank(v.ChooseKHQR())
	v.ArriveAt(onShop)
	v.See("Iced coffee")
}

// curl runs commands in a shell and returns the request that the curl among them makes, which
// need not be installed.
func curl(t *testing.T, commands string) *http.Request {
	t.Helper()
	output, err := exec.Command("sh", "-c", `curl() { printf '%s\0' "$@"; }`+"\n"+commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}

	var address, body string
	header := http.Header{}
	args := strings.Split(string(output), "\x00")
	for i := 0; i < len(args)-1; i++ {
		switch args[i] {
		case "-s":
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			header.Add(name, value)
		case "-d":
			i++
			body = args[i]
		default:
			address = args[i]
		}
	}

	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	return request
}
