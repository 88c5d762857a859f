#compdef bbftp

local -a session transfer controls verb
[[ -r /proc/sys/net/ipv4/tcp_available_congestion_control ]] &&
	controls=(${=$(</proc/sys/net/ipv4/tcp_available_congestion_control)})
session=(
	'(-u --user)'{-u,--user}'[user on the server]:user:_users'
	'(-w --port)'{-w,--port}'[control port]:port:'
	'--password-file[read the password from a file]:file:_files'
	'--clear-text[log in without encryption]'
	'--require-tls[refuse a server without TLS]'
	'--tls-fingerprint[accept only this key]:fingerprint:'
	'--tls-ca[authorities of certificates]:file:_files'
	'--known-hosts[file of keys of servers]:file:_files'
	'(-s --ssh)'{-s,--ssh}'[start the server through ssh]'
	'(-S --ssh-batch)'{-S,--ssh-batch}'[ssh that asks nothing]'
	'(-I --identity)'{-I,--identity}'[key of ssh]:file:_files'
	'(-L --ssh-command)'{-L,--ssh-command}'[ssh by this command]:command:'
	'(-E --remote-command)'{-E,--remote-command}'[what ssh runs there]:command:'
	'--protocol[speak only this version]:version:(1 2 3)'
	'--tries[tries of each operation]:number:'
	'--retry-wait[pause between two tries]:duration:'
	'--timeout[longest wait for the server]:duration:'
	'--json[write nothing but JSON]'
	'--quiet[show failures only]'
	'(-V --verbose)'{-V,--verbose}'[say what happens]'
	'(-v --version)'{-v,--version}'[print the version]'
	'(-h --help)'{-h,--help}'[print the options]'
)
transfer=(
	'(-p --streams)'{-p,--streams}'[data streams per file]:number or auto:(auto)'
	'(-c --compress)-c[compress the data]'
	'(-c --compress)--compress=-[compress the data]::when:(auto always)'
	'--limit-rate[most bytes per second]:rate:'
	'(-n --dry-run)'{-n,--dry-run}'[change no file]'
	'(-r --recursive)'{-r,--recursive}'[copy directories with all in them]'
	'--no-mode[keep no permission bits]'
	'--no-times[keep no times]'
	'--no-mkdir[make no missing directories]'
	'(-D --active)'{-D-,--active=-}'[let the server connect the data streams]::ports:'
	'--data-ports[ports to await data streams at]:ports:'
	'--data-from[where data streams come from]:address:'
	'--buffer[largest compressed block]:size:'
	'(--send-window --recv-window)--window[TCP windows]:size or auto:(auto)'
	'(--window)--send-window[TCP window to send with]:size or auto:(auto)'
	'(--window)--recv-window[TCP window to receive with]:size or auto:(auto)'
	"--congestion[congestion control]:name:($controls)"
	'--mptcp[ask for Multipath TCP]'
	'(--qbss)--dscp[mark of what is sent]:code point:(LE CS0 CS1 CS2 CS3 CS4 CS5 CS6 CS7 AF11 AF12 AF13 AF21 AF22 AF23 AF31 AF32 AF33 AF41 AF42 AF43 VA EF)'
	'(--dscp)--qbss[mark the data as of low priority]'
	'--progress[progress bars]:when:(auto always never)'
	'(--json --quiet)--explain[say what limited each file]'
)

if ((CURRENT == 2)) && [[ ${words[2]} != -* ]]; then
	_values verb \
		'put[copy files to a server]' 'get[copy files from a server]' \
		'ls[list a remote directory]' 'mkdir[make a remote directory]' \
		'rm[delete remote files]' 'stat[describe remote files]' \
		'df[describe a remote file system]' 'status[ask a server for its options]' \
		'help[show the options of a verb]'
	return
fi
verb=${words[2]}
case $verb in
put) _arguments -s $session $transfer '--in-place[write to the target itself]' '2:verb:' '*:file:_files' ;;
get) _arguments -s $session $transfer '--fsync[wait until files are on disk]' '--sparse[leave holes where files hold zeros]' '2:verb:' '*:file:_files' ;;
ls) _arguments -s $session '(-l --long)'{-l,--long}'[show attributes]' '(-a --all)'{-a,--all}'[show dot files]' '*:path:' ;;
mkdir) _arguments -s $session '--no-mkdir[make no missing directories]' '*:path:' ;;
rm | stat | df) _arguments -s $session '*:path:' ;;
status) _arguments '(-w --port)'{-w,--port}'[control port]:port:' '--timeout[longest wait]:duration:' '--json[write JSON]' '*:host:_hosts' ;;
*)
	_arguments -s \
		'-e[commands]:commands:' '-i[control file]:file:_files' '-u[user on the server]:user:_users' \
		'-w[control port]:port:' '-p[data streams per file]:number:' '-r[tries]:number:' \
		'-c[compress]' '-q[low priority]' '-n[simulation]' '-b[in the background]' \
		'-D-[version 2, data ports]::ports:' '-R[start-up file]:file:_files' \
		'-s[through ssh]' '-S[through ssh that asks nothing]' '-I[key of ssh]:file:_files' \
		'-L[ssh by this command]:command:' '-E[what ssh runs there]:command:' \
		'-f[standard error to]:file:_files' '-o[standard output to]:file:_files' \
		'-m[figures for programs]' '-V[say what happens]' '-t[with the time]' '-W[show warnings]' '-d[trace]' \
		'--password-file[password from a file]:file:_files' '--retry-wait[pause between two tries]:duration:' \
		'--protocol[speak only this version]:version:(1 2 3)' '--clear-text[log in without encryption]' \
		'--require-tls[refuse a server without TLS]' '--tls-fingerprint[accept only this key]:fingerprint:' \
		'--tls-ca[authorities of certificates]:file:_files' '--known-hosts[file of keys of servers]:file:_files' \
		'--data-from[where data streams come from]:address:' '--json[write JSON]' \
		'(-v --version)'{-v,--version}'[print the version]' '(-h --help)'{-h,--help}'[print the options]' \
		'*:host:_hosts'
	;;
esac
