package main

const sweepHelp = `Usage: bbbench sweep [PRESET | FILE.toml] [options]

Measures every combination of the lists in a scenario, again and again in
shuffled rounds, until the 95 % interval of each median is narrow enough or a cap
is reached. Each trial moves a real file between real programs over an emulated
path, over loopback, or across a network to a running bbftpd. The records go to a
file that bbbench report reads.

Presets: quick (default), wan, lfn, lossy, lan, loopback; --print-scenario shows
one to edit.

What to measure (lists are separated by commas; they replace the scenario's):
  --streams 1,4,8          --direction put,get     --kind random,text,json
  --window auto,4MiB       --protocol 1,2,3        --compression false,true
  --rtt 10ms,100ms         --rate 1gbit,unlimited  --loss 0,0.01%
  --jitter 1ms             --queue 1bdp,0.5bdp     --congestion cubic,bbr
  --peers bbftp,iperf3     --size 128MiB           --duration 5s
  --files 1,100            --storage memory,disk   --path emulated | loopback
  --set KEY=VALUE          the same for any key of a scenario file

How long:
  --repeats N | MIN-MAX    trials of a cell that count
  --interval 5%            ends a cell: half the interval over the median
  --warm-up N              trials of a cell that do not count
  --time-limit 30s         of one trial
  --budget 10m             of all: no trial begins later
  --seed N                 of the order, the losses and the payload

Across a real network:
  --target HOST --port PORT --user USER --password-file FILE [--target-dir DIR]
  --protocol 3             the client connects the data streams; in version 1,
                           the default, the server does: firewalls refuse that

Files and programs:
  --out FILE               results (default: the scenario's name and .jsonl)
  --resume                 go on with that file: after Control-C or a kill, with
                           more cells or repeats, and where trials failed
  --dir DIR                where payload and copies go: room for two files
                           (default: memory if there is enough, else the disk)
  --client, --server       bbftp and bbftpd (default: beside bbbench, or on PATH)
  --legacy-client, --legacy-server
                           the legacy programs (default: on PATH)
  --dry-run                list the cells and the time they should take
  --print-scenario PRESET  show its file
  --or-loopback            without the right to make namespaces, measure loopback
  --verbose                log each trial

Exit status: 0 if all cells were measured, 1 if some failed or nothing could be
measured, 2 for a mistake in usage, 130 if interrupted.
`

const compareHelp = `Usage: bbbench compare [PRESET | FILE.toml] [options]

Measures bbftp and other programs on the same paths, in one shuffled sweep: the
legacy bbftp with its default windows and with windows made for the path, and
iperf3 as the limit of the network, or those the scenario names, as far as they
are found; --peers names others: bbftp, legacy, legacy-tuned, iperf3, socat, scp,
rsync, curl; bbftp-auto, which has no option that tunes it and remembers nothing;
bbftp-copy, kept from zero copy; bbftp-legacy, our client with the legacy server.
bbftp speaks the versions 1 and 3 of its protocol unless scenario or --protocol
say otherwise.

The options and the exit status are those of bbbench sweep.
`
