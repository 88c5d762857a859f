# fish completion of bbftp

complete -c bbftp -n __fish_use_subcommand -a put -d 'copy files to a server'
complete -c bbftp -n __fish_use_subcommand -a get -d 'copy files from a server'
complete -c bbftp -n __fish_use_subcommand -a ls -d 'list a remote directory'
complete -c bbftp -n __fish_use_subcommand -a mkdir -d 'make a remote directory'
complete -c bbftp -n __fish_use_subcommand -a rm -d 'delete remote files'
complete -c bbftp -n __fish_use_subcommand -a stat -d 'describe remote files'
complete -c bbftp -n __fish_use_subcommand -a df -d 'describe a remote file system'
complete -c bbftp -n __fish_use_subcommand -a status -d 'ask a server for its options'
complete -c bbftp -n __fish_use_subcommand -a help -d 'show the options of a verb'

complete -c bbftp -n '__fish_seen_subcommand_from put get' -s p -l streams -d 'data streams per file' -xa auto
complete -c bbftp -n '__fish_seen_subcommand_from put get' -s c -l compress -d 'compress the data'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l limit-rate -d 'most bytes per second' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get' -s n -l dry-run -d 'change no file'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -s r -l recursive -d 'copy directories with all in them'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l no-mode -d 'keep no permission bits'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l no-times -d 'keep no times'
complete -c bbftp -n '__fish_seen_subcommand_from put get mkdir' -l no-mkdir -d 'make no missing directories'
complete -c bbftp -n '__fish_seen_subcommand_from put' -l in-place -d 'write to the target itself'
complete -c bbftp -n '__fish_seen_subcommand_from get' -l fsync -d 'wait until files are on disk'
complete -c bbftp -n '__fish_seen_subcommand_from get' -l sparse -d 'leave holes where files hold zeros'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -s D -l active -d 'let the server connect the data streams'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l data-ports -d 'ports to await data streams at' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l data-from -d 'where data streams come from' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l buffer -d 'largest compressed block' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l window -d 'TCP windows' -xa auto
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l send-window -d 'TCP window to send with' -xa auto
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l recv-window -d 'TCP window to receive with' -xa auto
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l congestion -d 'congestion control' -xa '(string split " " < /proc/sys/net/ipv4/tcp_available_congestion_control)'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l mptcp -d 'ask for Multipath TCP'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l dscp -d 'mark of what is sent' -xa 'LE CS0 CS1 CS2 CS3 CS4 CS5 CS6 CS7 AF11 AF12 AF13 AF21 AF22 AF23 AF31 AF32 AF33 AF41 AF42 AF43 VA EF'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l qbss -d 'mark the data as of low priority'
complete -c bbftp -n '__fish_seen_subcommand_from ls' -s l -l long -d 'show attributes'
complete -c bbftp -n '__fish_seen_subcommand_from ls' -s a -l all -d 'show dot files'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s u -l user -d 'user on the server' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df status' -s w -l port -d 'control port' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l clear-text -d 'log in without encryption'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l require-tls -d 'refuse a server without TLS'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l tls-fingerprint -d 'accept only this key' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l tls-ca -d 'authorities of certificates' -rF
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l known-hosts -d 'file of keys of servers' -rF
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s s -l ssh -d 'start the server through ssh'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s S -l ssh-batch -d 'ssh that asks nothing'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s L -l ssh-command -d 'ssh by this command' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s E -l remote-command -d 'what ssh runs there' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l tries -d 'tries of each operation' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l retry-wait -d 'pause between two tries' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df status' -l timeout -d 'longest wait for the server' -x
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df status' -l json -d 'write nothing but JSON'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l quiet -d 'show failures only'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s V -l verbose -d 'say what happens'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df status' -s v -l version -d 'print the version'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df status' -s h -l help -d 'print the options'
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l password-file -d 'read the password from a file' -rF
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -s I -l identity -d 'key of ssh' -rF
complete -c bbftp -n '__fish_seen_subcommand_from put get ls mkdir rm stat df' -l protocol -d 'speak only this version' -xa '1 2 3'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l progress -d 'progress bars' -xa 'auto always never'
complete -c bbftp -n '__fish_seen_subcommand_from put get' -l explain -d 'say what limited each file'
