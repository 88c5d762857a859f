#!/bin/sh
# Runs every fuzz target of the module: scripts/fuzz.sh 60s, or 5000x for a count
# of inputs. A check that must not fail by chance takes the count: when the time
# is up, the fuzzer of Go sometimes reports its own deadline as a failure
# (golang.org/issue/75804).
set -eu
amount=${1:?usage: scripts/fuzz.sh 60s or scripts/fuzz.sh 5000x}
cd "$(dirname "$0")/.."
targets=0
for file in $(git ls-files '*_test.go'); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz $(dirname "$file") $target"
		# Minimising is bounded: with targets whose coverage varies from run to
		# run (random padding, say) it would take all the time there is.
		go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$amount" -fuzzminimizetime 10x
		targets=$((targets + 1))
	done
done
[ "$targets" -gt 0 ] || { echo "fuzz: no target found" >&2; exit 1; }
