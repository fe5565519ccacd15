package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rieltime/db"
)

// Thresholds of the checks of a PostgreSQL server.
const (
	standbyWarning = 10 * time.Second
	standbyProblem = 5 * time.Minute
)

// checkCurrencies finds a database that was made before some of the currencies.
func checkCurrencies(ctx context.Context, store *db.Store) []finding {
	tables, err := store.NarrowTables(ctx)
	switch {
	case err != nil:
		return []finding{{verdictUnknown, "whether the database takes all currencies is not known: " + err.Error(), "check the user's rights"}}
	case len(tables) > 0:
		return []finding{{verdictWarning, "the database was made when there were fewer currencies, and takes no amounts in the others: " + strings.Join(tables, ", "),
			"to take ringgit or rupiah, stop the server and copy the database to a new one (rieltime db copy)"}}
	}
	return nil
}

// checkServer checks the settings of a PostgreSQL server that money depends on.
func checkServer(server db.Server) []finding {
	findings := []finding{checkServerVersion(server.Version), checkDurability(server)}
	if server.Encoding != "UTF8" {
		findings = append(findings, finding{verdictProblem, "the database's encoding is " + server.Encoding, "create it with ENCODING 'UTF8' and copy the data (rieltime db copy)"})
	}
	if server.TimeZone != "UTC" {
		findings = append(findings, finding{verdictWarning, "sessions have the time zone " + server.TimeZone, "remove timezone from RIELTIME_DATABASE"})
	}
	if server.Collation != "C" && server.Collation != "C.UTF-8" && server.Collation != "POSIX" {
		findings = append(findings, finding{verdictWarning, "the database sorts texts by the collation " + server.Collation, "after an upgrade of the operating system, REINDEX the database: its rules may have changed. A new database may use LC_COLLATE 'C'"})
	}

	if server.ReadOnly {
		findings = append(findings, finding{verdictProblem, "the server takes no writes: it is a standby", "name all servers in RIELTIME_DATABASE and add target_session_attrs=read-write"})
	}
	if server.Pooled {
		findings = append(findings, finding{verdictOK, "connections come through a pooler", ""})
	}

	findings = append(findings, checkConnections(server))
	for _, standby := range server.Standbys {
		findings = append(findings, checkStandby(standby))
	}
	return append(findings, checkMonths(server.Months)...)
}

// checkMonths checks the partitions by month.
func checkMonths(months db.Months) (findings []finding) {
	if len(months.Missing) > 0 {
		findings = append(findings, finding{verdictWarning, "months are not prepared: " + strings.Join(months.Missing, ", "), "start rieltime serve, which makes them; if it runs, see its log"})
	}
	if len(months.Unplaced) > 0 {
		findings = append(findings, finding{verdictWarning, "rows wait for the partition of their month in " + strings.Join(months.Unplaced, ", "), "the daily job of rieltime serve moves them; check the server's clock"})
	}
	if len(months.Detached) > 0 {
		findings = append(findings, finding{verdictWarning, "months were detached and are still in the database: " + strings.Join(months.Detached, ", "), "dump and drop them (docs/operations.md, Growth and retention)"})
	}
	return findings
}

func checkServerVersion(version int) finding {
	what := fmt.Sprintf("the server is PostgreSQL %d", version)
	if version < db.OldestServer {
		return finding{verdictProblem, what, fmt.Sprintf("upgrade it to %d or newer", db.OldestServer)}
	}
	return finding{verdictOK, what, ""}
}

// checkDurability checks what a crash of the server may lose.
func checkDurability(server db.Server) finding {
	switch {
	case !server.Fsync || !server.FullPageWrites:
		return finding{verdictProblem, "the server may lose or ruin data when its machine stops", "set fsync = on and full_page_writes = on"}
	case !server.SynchronousCommit:
		return finding{verdictProblem, "the server confirms payments before they are on its disk", "set synchronous_commit = on for this user or database"}
	case server.SynchronousStandbys == "":
		return finding{verdictWarning, "no standby confirms a commit: what was confirmed last is lost with the server's disk", "set synchronous_standby_names, or run the providers' reconcile commands after a failover (docs/operations.md)"}
	}
	return finding{verdictOK, "a standby confirms each commit: " + server.SynchronousStandbys, ""}
}

func checkConnections(server db.Server) finding {
	what := fmt.Sprintf("%d connections are possible, %d are in use; a replica opens up to %d", server.Connections, server.InUse, db.ConnectionsPerReplica)
	if !server.Pooled && server.Connections-server.InUse < db.ConnectionsPerReplica {
		return finding{verdictWarning, what, "raise max_connections before another replica is started, or put a pooler between"}
	}
	return finding{verdictOK, what, ""}
}

func checkStandby(standby db.Standby) finding {
	what := fmt.Sprintf("standby %s is %s behind", standby.Name, standby.Behind.Round(time.Millisecond))
	switch {
	case standby.Behind > standbyProblem:
		return finding{verdictProblem, what, "check its disk and network: a failover to it would lose that much"}
	case standby.Behind > standbyWarning:
		return finding{verdictWarning, what, "check its disk and network"}
	}
	return finding{verdictOK, what, ""}
}
