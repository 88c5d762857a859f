#!/bin/sh
# Runs every fuzz target of the module for a while: scripts/fuzz.sh 5s
set -eu
time=${1:?usage: scripts/fuzz.sh TIME, e.g. 60s}
cd "$(dirname "$0")/.."
targets=0
for file in $(git ls-files '*_test.go'); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz $(dirname "$file") $target"
		# Minimising is bounded: with targets whose coverage varies from run to
		# run (random padding, say) it would take all the time there is.
		go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x
		targets=$((targets + 1))
	done
done
[ "$targets" -gt 0 ] || { echo "fuzz: no target found" >&2; exit 1; }
