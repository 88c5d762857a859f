# bash completion of bbbench

_bbbench() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options
	COMPREPLY=()
	case $before in
	--out | --password-file | --client | --legacy-client | --legacy-server | --html | --csv | --benchfmt | --svg | --ratios | --bars | --markdown)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--chart)
		mapfile -t COMPREPLY < <(compgen -W "goodput heatmap cwnd cpu phases" -- "$word")
		return
		;;
	--backend)
		mapfile -t COMPREPLY < <(compgen -W "tun packet" -- "$word")
		return
		;;
	--path)
		mapfile -t COMPREPLY < <(compgen -W "emulated loopback" -- "$word")
		return
		;;
	--storage)
		mapfile -t COMPREPLY < <(compgen -W "memory disk" -- "$word")
		return
		;;
	--print-scenario)
		mapfile -t COMPREPLY < <(compgen -W "quick wan lfn lossy lan loopback" -- "$word")
		return
		;;
	esac
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "wan sweep compare report doctor demo-transfer help --version --help" -- "$word")
		return
	fi
	case ${COMP_WORDS[1]} in
	wan) options="--rtt --rate --loss --queue --jitter --back-rate --back-loss --congestion --seed --backend --server --server-port --json --self-check --short --markdown --help" ;;
	sweep | compare)
		options="--streams --direction --kind --window --protocol --compression --rtt --rate --loss --jitter --queue --congestion --peers --size --duration --files --storage --path --set --repeats --interval --warm-up --time-limit --budget --seed --target --port --user --password-file --target-dir --out --resume --dir --client --server --legacy-client --legacy-server --dry-run --print-scenario --or-loopback --verbose --help"
		if [[ $word != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "quick wan lfn lossy lan loopback" -- "$word"; compgen -f -X '!*.toml' -- "$word")
			return
		fi
		;;
	report) options="--html --csv --benchfmt --svg --ratios --bars --chart --help" ;;
	doctor) options="--rtt --rate --dir --json --help" ;;
	demo-transfer) options="--size --dir --svg --client --server --help" ;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "wan sweep compare report doctor demo-transfer" -- "$word")
		return
		;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -F _bbbench bbbench
