package cmd

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Thresholds of the host checks.
const (
	clockWarning  = 3 * time.Second // a Date header is accurate to a second
	clockProblem  = 30 * time.Second
	certWarning   = 14 * 24 * time.Hour
	diskProblem   = 256 << 20
	diskWarning   = 2 << 30
	othersMayRead = 0o077
)

// checkClock compares our clock with the Date header of another server. online
// reports whether that server responded at all.
func checkClock(ctx context.Context, client *http.Client, address string, now func() time.Time) (f finding, online bool) {
	before := now()
	answer, err := head(ctx, client, address)
	if err != nil {
		return finding{verdictUnknown, "the clock: " + address + " cannot be reached", "check it by hand (timedatectl): signatures and expiry depend on it"}, false
	}

	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return finding{verdictUnknown, "the clock: " + address + " sends no valid Date header", "choose another server with --time-url"}, true
	}

	middle := before.Add(now().Sub(before) / 2)
	off := middle.Sub(date.Add(500 * time.Millisecond)).Abs()
	advice := "synchronize it by NTP: timedatectl set-ntp true"
	switch {
	case off > clockProblem:
		return finding{verdictProblem, fmt.Sprintf("the clock is off by %s", off.Round(time.Second)), advice}, true
	case off > clockWarning:
		return finding{verdictWarning, fmt.Sprintf("the clock is off by %s", off.Round(time.Second)), advice}, true
	}

	return finding{verdictOK, "the clock is correct", ""}, true
}

// checkPublicURL calls a public address of the server, as far as that can be reached
// from here; variable is the setting that holds it.
func checkPublicURL(ctx context.Context, client *http.Client, address, variable string, online bool) finding {
	if !strings.HasPrefix(address, "https://") {
		return finding{verdictProblem, "the address " + address + " is not https", "put a TLS proxy in front (deploy/Caddyfile) and set " + variable}
	}

	address = strings.TrimSuffix(address, "/")
	answer, err := head(ctx, client, address+"/healthz")
	if err != nil {
		verdict := verdictUnknown
		if online {
			verdict = verdictProblem
		}
		return finding{verdict, address + " cannot be reached: " + err.Error(), "check DNS, the proxy and its certificate, and that rieltime serve runs"}
	}

	if answer.StatusCode != http.StatusOK {
		return finding{verdictProblem, fmt.Sprintf("%s/healthz answers %d", address, answer.StatusCode), "check that the proxy forwards every path to rieltime"}
	}

	if answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0 {
		if left := time.Until(answer.TLS.PeerCertificates[0].NotAfter); left < certWarning {
			return finding{verdictWarning, fmt.Sprintf("the certificate of %s expires in %d days", address, int(left.Hours()/24)), "renew it"}
		}
	}

	return finding{verdictOK, address + " answers over TLS", ""}
}

// checkDataFolder checks that only we may read the data and that we may write it.
func checkDataFolder(folder, database string) []finding {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return []finding{{verdictProblem, "the data folder does not exist: " + folder, "check --data"}}
	}

	var findings []finding
	if info.Mode().Perm()&othersMayRead != 0 {
		findings = append(findings, finding{verdictProblem, fmt.Sprintf("other users can access %s (%04o)", folder, info.Mode().Perm()), "chmod 700 " + folder})
	}

	probe, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return append(findings, finding{verdictProblem, folder + " cannot be written", "make the user that runs the server its owner, and run the doctor as that user"})
	}

	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if file, err := os.OpenFile(database, os.O_RDWR, 0); err == nil {
		_ = file.Close()
	} else if !os.IsNotExist(err) {
		return append(findings, finding{verdictProblem, database + " cannot be written", "make the user that runs the server its owner"})
	}

	if len(findings) == 0 {
		findings = append(findings, finding{verdictOK, "the data folder is private", ""})
	}

	return findings
}

// checkDisk checks the disk space left for the database.
func checkDisk(folder string) finding {
	free, err := freeBytes(folder)
	if err != nil {
		return finding{verdictUnknown, "the free disk space is unknown", "check it by hand: df -h " + folder}
	}

	what := fmt.Sprintf("%d MiB of disk space are free", free>>20)
	switch {
	case free < diskProblem:
		return finding{verdictProblem, what, "free some space: without it no payment can be recorded"}
	case free < diskWarning:
		return finding{verdictWarning, what, "free some space soon; a backup needs as much as the database"}
	}

	return finding{verdictOK, what, ""}
}
