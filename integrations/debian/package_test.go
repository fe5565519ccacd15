//go:build integrations

package debian

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const deadline = 30 * time.Second

// thePackage is the only Debian package in the folder RIELTIME_RELEASE.
func thePackage(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.Getenv("RIELTIME_RELEASE"), "*.deb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("RIELTIME_RELEASE is not a folder with one package, which make integrations builds: %v, %v", found, err)
	}
	return found[0]
}

// root is a folder into which dpkg installs as into a machine that runs systemd, whose
// systemctl writes down what it is told to do.
type root struct {
	t              *testing.T
	folder, tools  string
	systemctlCalls string // file
}

func newRoot(t *testing.T) root {
	t.Helper()
	r := root{t: t, folder: t.TempDir(), tools: t.TempDir()}
	r.systemctlCalls = filepath.Join(r.tools, "calls")
	for _, folder := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "run/systemd/system"} {
		if err := os.MkdirAll(r.path(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.write(r.path("var/lib/dpkg/status"), "")
	systemctl := filepath.Join(r.tools, "systemctl")
	r.write(systemctl, "#!/bin/sh\necho \"$*\" >>'"+r.systemctlCalls+"'\n")
	if err := os.Chmod(systemctl, 0o755); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r root) path(name string) string { return filepath.Join(r.folder, name) }

func (r root) write(file, text string) {
	r.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r root) exists(name string) bool {
	_, err := os.Lstat(r.path(name))
	return !errors.Is(err, fs.ErrNotExist)
}

// dpkg runs dpkg in the root, and returns what it printed. The package's scripts run outside of
// the root, which has no shell, and get its folder in DPKG_ROOT. Only root may install:
// another user is root of a namespace.
func (r root) dpkg(args ...string) string {
	r.t.Helper()
	args = append([]string{"dpkg", "--root=" + r.folder, "--force-script-chrootless", "--force-unsafe-io", "--log=" + filepath.Join(r.tools, "log")}, args...)
	if os.Getuid() != 0 {
		args = append([]string{"unshare", "--map-root-user"}, args...)
	}
	command := exec.Command(args[0], args[1:]...)
	command.Env = append(os.Environ(), "PATH="+r.tools+":"+os.Getenv("PATH")+":/usr/sbin:/sbin", "LC_ALL=C")
	out, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// toldSystemd returns what systemctl was called with since the last time.
func (r root) toldSystemd() string {
	r.t.Helper()
	text, err := os.ReadFile(r.systemctlCalls)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	_ = os.Remove(r.systemctlCalls)
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "; ")
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func TestPackageIsInstalledUpgradedRemovedAndPurged(t *testing.T) {
	r, file := newRoot(t), thePackage(t)
	step := func(what, wantTold string, dpkg ...string) string {
		t.Helper()
		out := r.dpkg(dpkg...)
		if told := r.toldSystemd(); told != wantTold {
			t.Errorf("%s tells systemd %q, want %q", what, told, wantTold)
		}
		return out
	}

	step("an installation", "daemon-reload", "--install", file)
	run(t, r.path("usr/bin/rieltime"), "--help")
	if problems := r.dpkg("--verify", "rieltime"); problems != "" {
		t.Errorf("files are not as in the package:\n%s", problems)
	}

	// What the operator and the server make.
	r.write(r.path("etc/rieltime/rieltime.env"), "RIELTIME_BASE_URL=https://pay.shop.example\n")
	if err := os.MkdirAll(r.path("var/lib/rieltime"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.write(r.path("var/lib/rieltime/rieltime.db"), "the books")

	step("an upgrade", "daemon-reload; try-restart rieltime.service", "--install", file)
	step("a removal", "disable --now rieltime.service; daemon-reload", "--remove", "rieltime")
	for _, gone := range []string{"usr/bin/rieltime", "lib/systemd/system/rieltime.service", "usr/share/doc/rieltime"} {
		if r.exists(gone) {
			t.Errorf("%s is left after the removal", gone)
		}
	}
	step("another installation", "daemon-reload; try-restart rieltime.service", "--install", file) // what is stopped stays so

	if out := step("a purge", "disable --now rieltime.service; daemon-reload", "--purge", "rieltime"); !strings.Contains(out, "/etc/rieltime is kept") || !strings.Contains(out, "/var/lib/rieltime is kept") {
		t.Errorf("a purge says nothing of what it keeps:\n%s", out)
	}
	for _, kept := range []string{"etc/rieltime/rieltime.env", "var/lib/rieltime/rieltime.db"} {
		if !r.exists(kept) {
			t.Errorf("a purge deletes %s", kept)
		}
	}
	status, err := os.ReadFile(r.path("var/lib/dpkg/status"))
	if err != nil || strings.Contains(string(status), "Package: rieltime") {
		t.Errorf("dpkg still knows the package: %s, %v", status, err)
	}
}

func TestScriptsTellNothingToAMachineWithoutSystemd(t *testing.T) {
	r := newRoot(t)
	if err := os.RemoveAll(r.path("run")); err != nil {
		t.Fatal(err)
	}
	file := thePackage(t)
	r.dpkg("--install", file)
	r.dpkg("--install", file)
	if out := r.dpkg("--purge", "rieltime"); strings.Contains(out, "kept") {
		t.Errorf("a purge keeps what is not there:\n%s", out)
	}
	if told := r.toldSystemd(); told != "" || r.exists("etc/rieltime") {
		t.Errorf("systemd was told %q; /etc/rieltime is there: %v", told, r.exists("etc/rieltime"))
	}
}

func TestPackageDescribesItself(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^## ([0-9.]+)`).FindStringSubmatch(string(changelog))
	for field, want := range map[string]string{
		"Package": "rieltime", "Version": version[1], "Architecture": runtime.GOARCH, "Section": "web", "Priority": "optional",
		"Depends": "", // the binary is static
	} {
		if got := strings.TrimSpace(run(t, "dpkg-deb", "--field", thePackage(t), field)); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	for _, field := range []string{"Maintainer", "Description", "Installed-Size"} {
		if run(t, "dpkg-deb", "--field", thePackage(t), field) == "" {
			t.Errorf("there is no %s", field)
		}
	}
}

func TestFilesBelongToRootAndOnlyTheBinaryRuns(t *testing.T) {
	var files []string
	for line := range strings.Lines(run(t, "dpkg-deb", "--contents", thePackage(t))) {
		columns := strings.Fields(line)
		name := strings.TrimPrefix(columns[5], ".")
		want := "-rw-r--r--"
		switch {
		case strings.HasSuffix(name, "/"):
			want = "drwxr-xr-x"
		case name == "/usr/bin/rieltime":
			want = "-rwxr-xr-x"
		}
		if columns[0] != want || columns[1] != "root/root" {
			t.Errorf("%s is %s of %s, want %s of root/root", name, columns[0], columns[1], want)
		}
		files = append(files, name)
	}
	for _, want := range []string{
		"/usr/bin/rieltime", "/lib/systemd/system/rieltime.service", "/etc/rieltime/", "/usr/share/man/man1/rieltime.1.gz",
		"/usr/share/bash-completion/completions/rieltime", "/usr/share/zsh/vendor-completions/_rieltime", "/usr/share/fish/vendor_completions.d/rieltime.fish",
		"/usr/share/doc/rieltime/copyright", "/usr/share/doc/rieltime/changelog.gz", "/usr/share/doc/rieltime/operations.md", "/usr/share/doc/rieltime/merchant.yaml",
	} {
		if !slices.Contains(files, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

// unpacked is the package's files in a folder.
func unpacked(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	run(t, "dpkg-deb", "--extract", thePackage(t), folder)
	return folder
}

func TestManualAndCompletionsAreRead(t *testing.T) {
	folder := unpacked(t)
	// -Wbreak: an address that is longer than a line is none of the problems.
	manual := exec.CommandContext(t.Context(), "man", "--warnings", "--local-file", folder+"/usr/share/man/man1/rieltime.1.gz")
	manual.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MANROFFOPT=-Wbreak", "PAGER=cat", "MANPAGER=cat")
	var problems strings.Builder
	manual.Stderr = &problems
	if out, err := manual.Output(); err != nil || problems.Len() > 0 || !strings.Contains(string(out), "genkey") {
		t.Errorf("man: %v\n%s\n%.500s", err, problems.String(), out)
	}

	bash := "source " + folder + "/usr/share/bash-completion/completions/rieltime && complete -p rieltime"
	if out := run(t, "bash", "-c", bash); !strings.Contains(out, "-F _rieltime rieltime") {
		t.Errorf("bash: %s", out)
	}

	// zsh loads the file when something is completed for the first time.
	zsh := "fpath=(" + folder + `/usr/share/zsh/vendor-completions); compdef() { : }; _describe() { print -l $options }
		autoload -Uz _rieltime; words=(rieltime merchant ""); CURRENT=3; _rieltime`
	if out := run(t, "zsh", "-f", "-c", zsh); !strings.Contains(out, "apply:") {
		t.Errorf("zsh offers at first: %q", out)
	}

	fish := "source " + folder + "/usr/share/fish/vendor_completions.d/rieltime.fish; complete --do-complete 'rieltime merchant '"
	if out := run(t, "fish", "--no-config", "-c", fish); !strings.Contains(out, "apply") || strings.Contains(out, "genkey") {
		t.Errorf("fish offers %q", out)
	}
}

// TestUnitStartsTheInstalledBinary has systemd read the unit, and starts its command with
// its environment, in a folder in place of the system's.
func TestUnitStartsTheInstalledBinary(t *testing.T) {
	folder := unpacked(t)
	file := folder + "/lib/systemd/system/rieltime.service"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^ExecStart=(/usr/bin/rieltime) (.*)$`).FindStringSubmatch(string(text))
	if command == nil {
		t.Fatalf("the unit does not start /usr/bin/rieltime:\n%s", text)
	}

	// systemd looks for the command on this machine: it gets where it is.
	here := filepath.Join(t.TempDir(), "rieltime.service")
	if err := os.WriteFile(here, []byte(strings.ReplaceAll(string(text), command[1], folder+command[1])), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := run(t, "systemd-analyze", "verify", "--man=no", here); strings.Contains(out, "rieltime.service") {
		t.Errorf("systemd reads in the unit:\n%s", out)
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	place := t.TempDir()
	if err := os.WriteFile(place+"/rieltime.key", []byte(run(t, folder+command[1], "genkey")), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(folder+command[1], strings.Fields(command[2])...)
	server.Env = append(environment(string(text), place), "RIELTIME_BASE_URL=https://pay.shop.example",
		"RIELTIME_LISTEN="+listener.Addr().String(), "RIELTIME_METRICS_LISTEN=127.0.0.1:0")
	wantServes(t, server, "http://"+listener.Addr().String()+"/readyz")
}

// environment is what a unit sets, with its folders of state and credentials in place.
func environment(unit, place string) (all []string) {
	unit = strings.NewReplacer("/var/lib/rieltime", place+"/data", "%d", place).Replace(unit)
	for _, line := range regexp.MustCompile(`(?m)^Environment=(.*)$`).FindAllStringSubmatch(unit, -1) {
		all = append(all, strings.Fields(line[1])...)
	}
	return all
}

// wantServes starts a server, waits until it is ready, and ends it as systemd does.
func wantServes(t *testing.T, server *exec.Cmd, ready string) {
	t.Helper()
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Process.Kill()

	for end := time.Now().Add(deadline); ; time.Sleep(50 * time.Millisecond) {
		response, err := http.Get(ready)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(end) {
			server.Process.Kill()
			_ = server.Wait()
			t.Fatalf("the server is not ready: %v\n%s", err, log.String())
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ends with %v\n%s", err, log.String())
	}
}
