package cmd

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Bounds of what the doctor accepts.
const (
	clockWarning  = 3 * time.Second // a Date header is exact to a second
	clockProblem  = 30 * time.Second
	certWarning   = 14 * 24 * time.Hour
	diskProblem   = 256 << 20
	diskWarning   = 2 << 30
	othersMayRead = 0o077
)

// checkClock compares our clock with another server's Date header. online tells
// whether that server answered at all.
func checkClock(ctx context.Context, client *http.Client, address string, now func() time.Time) (f finding, online bool) {
	before := now()
	answer, err := head(ctx, client, address)
	if err != nil {
		return finding{unknown, "the clock: " + address + " cannot be reached", "compare it by hand: signatures and expiry depend on it (timedatectl)"}, false
	}

	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return finding{unknown, "the clock: " + address + " does not tell the time", "give another server by --time-url"}, true
	}

	middle := before.Add(now().Sub(before) / 2)
	off := middle.Sub(date.Add(500 * time.Millisecond)).Abs()
	advice := "keep it by NTP: timedatectl set-ntp true"
	switch {
	case off > clockProblem:
		return finding{problem, fmt.Sprintf("the clock is off by %s", off.Round(time.Second)), advice}, true
	case off > clockWarning:
		return finding{warning, fmt.Sprintf("the clock is off by %s", off.Round(time.Second)), advice}, true
	}

	return finding{fine, "the clock is right", ""}, true
}

// checkAddress asks our own address from outside in, as far as that can be done
// from here.
func checkAddress(ctx context.Context, client *http.Client, baseURL string, online bool) finding {
	if !strings.HasPrefix(baseURL, "https://") {
		return finding{problem, "the base URL " + baseURL + " is not https", "put a TLS proxy in front (deploy/Caddyfile) and set RIELTIME_BASE_URL"}
	}

	answer, err := head(ctx, client, baseURL+"/healthz")
	if err != nil {
		verdict := unknown
		if online {
			verdict = problem
		}
		return finding{verdict, baseURL + " cannot be reached: " + err.Error(), "check DNS, the proxy and its certificate, and that rieltime serve runs"}
	}

	if answer.StatusCode != http.StatusOK {
		return finding{problem, fmt.Sprintf("%s/healthz answers %d", baseURL, answer.StatusCode), "check that the proxy hands every path on to rieltime"}
	}

	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		if left := time.Until(answer.TLS.PeerCertificates[0].NotAfter); left < certWarning {
			return finding{warning, fmt.Sprintf("the certificate of %s ends in %d days", baseURL, int(left.Hours()/24)), "see to its renewal"}
		}
	}

	return finding{fine, baseURL + " answers over TLS", ""}
}

// checkFolder looks at who may read the data, and whether we may write it.
func checkFolder(folder, database string) []finding {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return []finding{{problem, "there is no data folder " + folder, "check --data"}}
	}

	var findings []finding
	if info.Mode().Perm()&othersMayRead != 0 {
		findings = append(findings, finding{problem, fmt.Sprintf("other users may enter %s (%04o)", folder, info.Mode().Perm()), "chmod 700 " + folder})
	}

	probe, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return append(findings, finding{problem, folder + " cannot be written", "give it to the user that the server runs as, and run the doctor as that user"})
	}

	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if file, err := os.OpenFile(database, os.O_RDWR, 0); err == nil {
		_ = file.Close()
	} else if !os.IsNotExist(err) {
		return append(findings, finding{problem, database + " cannot be written", "give it to the user that the server runs as"})
	}

	if len(findings) == 0 {
		findings = append(findings, finding{fine, "the data folder is ours alone", ""})
	}

	return findings
}

// checkDisk tells what is left for the database and its log.
func checkDisk(folder string) finding {
	free, err := freeBytes(folder)
	if err != nil {
		return finding{unknown, "the free disk space is not known", "look: df -h " + folder}
	}

	what := fmt.Sprintf("%d MiB are free for the data", free>>20)
	switch {
	case free < diskProblem:
		return finding{problem, what, "make room: without it no payment can be recorded"}
	case free < diskWarning:
		return finding{warning, what, "make room before it runs out; a backup needs as much as the database"}
	}

	return finding{fine, what, ""}
}
