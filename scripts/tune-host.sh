#!/bin/sh
# Prints what to set so that one TCP connection can fill a path:
# tune-host.sh RTT RATE, as in "tune-host.sh 100ms 1gbit". The lines are those
# of `bbbench doctor`, which asks only for what a host lacks.
set -eu

usage() {
	cat <<'EOF'
Usage: tune-host.sh [--apply] [--congestion NAME] RTT RATE

Prints the sysctl lines for a path of that round-trip time (100ms, 1s) and rate
(100mbit, 10gbit). Changes nothing.

  --congestion NAME  also set the congestion control, bbr for paths with losses
  --apply            set them until the next boot (root), all but buffers that
                     are large enough already

To keep them: tune-host.sh RTT RATE > /etc/sysctl.d/90-bbftp.conf
EOF
}

fail() {
	echo "tune-host.sh: $1" >&2
	exit 2
}

# number TEXT UNIT: the whole number before the unit
number() {
	digits=${1%"$2"}
	case $digits in
	'' | 0* | *[!0-9]* | ??????????*) fail "$1: want a whole number and its unit, such as 100ms and 10gbit" ;;
	esac
	echo "$digits"
}

apply=no
congestion=
while [ $# -gt 0 ]; do
	case $1 in
	--apply) apply=yes ;;
	--congestion)
		[ $# -gt 1 ] || fail "--congestion needs a name"
		shift
		congestion=$1
		case $congestion in
		'' | *[!a-z0-9_-]*) fail "--congestion $congestion: no such name" ;;
		esac
		;;
	-h | --help)
		usage
		exit 0
		;;
	-*) fail "unknown option $1" ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 2 ] || fail "want RTT and RATE, such as 100ms 1gbit; see --help"

# An assignment alone ends the script when number fails.
scale=1
case $1 in
*us) rtt=$(number "$1" us) ;;
*ms) rtt=$(number "$1" ms) scale=1000 ;;
*s) rtt=$(number "$1" s) scale=1000000 ;;
*) fail "round-trip time $1: want a unit, such as 100ms" ;;
esac
rtt=$((rtt * scale))
case $2 in
*kbit) rate=$(number "$2" kbit) scale=1000 ;;
*mbit) rate=$(number "$2" mbit) scale=1000000 ;;
*gbit) rate=$(number "$2" gbit) scale=1000000000 ;;
*) fail "rate $2: want a unit, such as 100mbit or 10gbit" ;;
esac
rate=$((rate * scale))
[ "$rtt" -le 10000000 ] || fail "round-trip time $1: want at most 10s"
[ "$rate" -le 1000000000000 ] || fail "rate $2: want at most 1000gbit"

# Three times the bandwidth-delay product, in whole MiB, from 4 MiB to the
# largest that the kernel takes.
mib=1048576
bdp=$((rate / 8 * rtt / 1000000))
buffer=$(((3 * bdp + mib - 1) / mib * mib))
[ "$buffer" -ge $((4 * mib)) ] || buffer=$((4 * mib))
[ "$buffer" -le 2147483647 ] || buffer=2147483647

# lines: NAME = VALUE
lines() {
	cat <<EOF
net.ipv4.tcp_rmem = 4096 131072 $buffer
net.ipv4.tcp_wmem = 4096 16384 $buffer
net.core.rmem_max = $buffer
net.core.wmem_max = $buffer
net.ipv4.tcp_moderate_rcvbuf = 1
net.ipv4.tcp_window_scaling = 1
net.ipv4.tcp_timestamps = 1
net.ipv4.tcp_sack = 1
EOF
	[ -z "$congestion" ] || echo "net.ipv4.tcp_congestion_control = $congestion"
	cat <<EOF
net.ipv4.tcp_no_metrics_save = 1
net.core.default_qdisc = fq
EOF
}

# enough NAME VALUE: true for a buffer that may grow as large already
enough() {
	case $1 in
	*mem | *mem_max) ;;
	*) return 1 ;;
	esac
	now=$(sysctl -n "$1") || return 1
	# The last of its values is the size it may have.
	for now in $now; do :; done
	[ "$now" -ge "${2##* }" ]
}

if [ "$apply" = no ]; then
	lines
	exit 0
fi
[ "$(id -u)" -eq 0 ] || fail "--apply needs root"
lines | while IFS= read -r line; do
	name=${line%% = *}
	value=${line#* = }
	if enough "$name" "$value"; then
		echo "$name: large enough already"
	else
		sysctl -w "$name=$value"
	fi
done
