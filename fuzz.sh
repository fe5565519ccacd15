#!/bin/sh
# Fuzzes every target in the tree, one after the other, for some seconds each,
# and prints what came of it: fuzz.sh SECONDS
set -eu
found=$(mktemp) log=$(mktemp) results=$(mktemp)
trap 'rm -f "$found" "$log" "$results"' EXIT

go test -list '^Fuzz' ./... > "$found"
line='%-52s %12s %6s  %s\n'
printf "$line" target executions new result
awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }' "$found" |
	while read -r package name; do
		result=ok
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$1s" -fuzzminimizetime 100x "$package" > "$log" 2>&1 || result=FAILED
		count() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" "$log" | tail -n 1; }
		printf "$line" "${package#*/} $name" "$(count execs)" "$(count 'new interesting')" "$result" | tee -a "$results"
		[ "$result" = ok ] || cat "$log"
	done
awk '{ executions += $3; new += $4 } END { print NR, "targets,", executions, "executions,", new, "new inputs" }' "$results"
! grep -q FAILED "$results"
