# bash completion of bbftp and bbftpd

_bbftp_session="--user --port --password-file --clear-text --require-tls --tls-fingerprint --tls-ca --known-hosts --ssh --ssh-batch --identity --ssh-command --remote-command --protocol --tries --retry-wait --timeout --json --quiet --verbose --version --help"
_bbftp_transfer="--streams --compress --limit-rate --dry-run --recursive --no-mode --no-times --no-mkdir --active --data-ports --data-from --buffer --window --send-window --recv-window --congestion --mptcp --dscp --qbss --progress --explain"
_bbftp_dscp="LE CS0 CS1 CS2 CS3 CS4 CS5 CS6 CS7 AF11 AF12 AF13 AF21 AF22 AF23 AF31 AF32 AF33 AF41 AF42 AF43 VA EF"
_bbftp_legacy="-b -c -d -D -e -E -f -i -I -L -m -n -o -p -q -r -R -s -S -t -u -v -V -w -W --password-file --retry-wait --protocol --clear-text --require-tls --tls-fingerprint --tls-ca --known-hosts --data-from --json --version --help"

# _bbftp_congestion prints the congestion controls of this system.
_bbftp_congestion() { cat /proc/sys/net/ipv4/tcp_available_congestion_control 2>/dev/null; }

_bbftp() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options
	COMPREPLY=()
	case $before in
	--password-file | --tls-ca | --known-hosts | --identity | -f | -i | -I | -o | -R)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--progress)
		mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
		return
		;;
	--streams | --window | --send-window | --recv-window)
		mapfile -t COMPREPLY < <(compgen -W "auto" -- "$word")
		return
		;;
	--congestion)
		mapfile -t COMPREPLY < <(compgen -W "$(_bbftp_congestion)" -- "$word")
		return
		;;
	--dscp)
		mapfile -t COMPREPLY < <(compgen -W "$_bbftp_dscp" -- "$word")
		return
		;;
	--protocol)
		mapfile -t COMPREPLY < <(compgen -W "1 2 3" -- "$word")
		return
		;;
	esac
	if ((COMP_CWORD == 1)) && [[ $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "put get ls mkdir rm stat df status help" -- "$word")
		return
	fi
	case ${COMP_WORDS[1]} in
	put) options="$_bbftp_session $_bbftp_transfer --in-place" ;;
	get) options="$_bbftp_session $_bbftp_transfer --fsync --sparse" ;;
	ls) options="$_bbftp_session --long --all" ;;
	mkdir) options="$_bbftp_session --no-mkdir" ;;
	rm | stat | df) options=$_bbftp_session ;;
	status) options="--port --timeout --json --version --help" ;;
	help)
		mapfile -t COMPREPLY < <(compgen -W "put get ls mkdir rm stat df status" -- "$word")
		return
		;;
	*) options=$_bbftp_legacy ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ ${COMP_WORDS[1]} == put || ${COMP_WORDS[1]} == get ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

_bbftpd() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	case $before in
	--users | --log | -L | -R | --config | --audit | --tls-key | --tls-cert) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	--root | --demo | --mass-storage) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	--run-as) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
	--congestion) mapfile -t COMPREPLY < <(compgen -W "$(_bbftp_congestion)" -- "$word") ;;
	--log-format) mapfile -t COMPREPLY < <(compgen -W "text json legacy journal" -- "$word") ;;
	--log-level | -l) mapfile -t COMPREPLY < <(compgen -W "debug info warn error" -- "$word") ;;
	*)
		if [[ $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "--users --system-accounts --root --unconfined --read-only --run-as -u --clear-text --demo --tls-key --tls-cert --require-tls -w --port --bind --allow --deny -e --data-ports -f --any-source-port -m --max-streams --max-data-streams --max-per-address --max-per-user --memory --login-delay --limit-rate --congestion --mptcp --max-sessions -s -A --umask --max-file-size --reserve --fsync --sparse --mass-storage --mass-storage-limit --config --check-config -b --background -L --log --log-format -l --log-level --audit --metrics --drain -R -v --version -h --help" -- "$word")
		elif ((COMP_CWORD == 1)); then
			mapfile -t COMPREPLY < <(compgen -W "passwd" -- "$word")
		fi
		;;
	esac
}

complete -F _bbftp bbftp
complete -F _bbftpd bbftpd
