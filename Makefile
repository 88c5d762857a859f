# bbftp in Go. `make demo` and `make test` need git, make, gcc and Go 1.26.

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X bbftp/cmd/internal/version.build=$(VERSION)

# How long `make fuzz` works on each target; `make test` tries 5000 inputs.
FUZZTIME ?= 60s

.PHONY: build pam install deb demo demo-transfer results test race walk fuzz bench bench-go bench-loopback bench-lfn bars interop faults load lint cross clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/bbftp ./cmd/bbftpd ./cmd/bbbench

# bbftpd with PAM, for --system-accounts=pam. Needs the headers of libpam (libpam0g-dev).
pam:
	$(GO) vet -tags pam ./engine/auth/... ./cmd/bbftpd/...
	$(GO) test -race -tags pam ./engine/auth/system
	$(GO) build -tags pam -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/bbftpd ./cmd/bbftpd

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL := install -D

# With PREFIX, and DESTDIR for packages.
install: build
	$(INSTALL) -m 755 $(BIN)/bbftp $(DESTDIR)$(PREFIX)/bin/bbftp
	$(INSTALL) -m 755 $(BIN)/bbbench $(DESTDIR)$(PREFIX)/bin/bbbench
	$(INSTALL) -m 755 $(BIN)/bbftpd $(DESTDIR)$(PREFIX)/sbin/bbftpd
	$(INSTALL) -m 644 scripts/man/bbftp.1 $(DESTDIR)$(PREFIX)/share/man/man1/bbftp.1
	$(INSTALL) -m 644 scripts/man/bbbench.1 $(DESTDIR)$(PREFIX)/share/man/man1/bbbench.1
	$(INSTALL) -m 644 scripts/man/bbftpd.8 $(DESTDIR)$(PREFIX)/share/man/man8/bbftpd.8
	$(INSTALL) -m 644 scripts/completion/bbftp.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bbftp
	$(INSTALL) -m 644 scripts/completion/bbbench.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bbbench
	ln -sf bbftp $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bbftpd
	$(INSTALL) -m 644 scripts/completion/bbftp.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_bbftp
	$(INSTALL) -m 644 scripts/completion/bbftp.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/bbftp.fish
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/systemd/bbftpd.service.in > $(DESTDIR)$(PREFIX)/lib/systemd/system/bbftpd.service
	sed 's|@SBINDIR@|$(PREFIX)/sbin|' scripts/systemd/bbftpd-system.service.in > $(DESTDIR)$(PREFIX)/lib/systemd/system/bbftpd-system.service
	$(INSTALL) -m 644 scripts/systemd/bbftpd.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/bbftpd.socket
	$(INSTALL) -m 644 scripts/systemd/bbftpd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/bbftpd.conf
	$(INSTALL) -m 644 scripts/systemd/bbftpd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/bbftpd.conf
	$(INSTALL) -m 644 scripts/systemd/bbftpd.toml $(DESTDIR)$(PREFIX)/share/doc/bbftp/bbftpd.toml
	$(INSTALL) -m 644 scripts/firewall.nft $(DESTDIR)$(PREFIX)/share/doc/bbftp/firewall.nft
	$(INSTALL) -m 644 scripts/pam.d-bbftpd $(DESTDIR)$(PREFIX)/share/doc/bbftp/pam.d-bbftpd

# A Debian package of the same, in bin/.
RELEASE := $(shell sed -n 's/^const Release = "\(.*\)"/\1/p' cmd/internal/version/version.go)
deb:
	scripts/deb.sh $(RELEASE)+git.$(VERSION)

# Sweeps the streams over an emulated WAN, in about 90 s, and writes the page
# bin/demo.html. Without the right to make network namespaces: over loopback.
demo: build
	rm -f $(BIN)/demo.jsonl
	@# 1: some cells could not be measured, on a busy machine. The report says which.
	$(BIN)/bbbench sweep quick --or-loopback --out $(BIN)/demo.jsonl || [ $$? -eq 1 ]
	$(BIN)/bbbench report $(BIN)/demo.jsonl

# Moves a 2 GiB file through the real programs; DEMO_SIZE=64MiB for a short look.
DEMO_SIZE ?= 2GiB
demo-transfer: build
	$(BIN)/bbbench demo-transfer --size $(DEMO_SIZE)

test: lint cross race walk
	$(MAKE) fuzz FUZZTIME=5000x

race:
	$(GO) test -race ./...

# A minute of sessions that break every rule, half of it against the library,
# half against the daemon: WALK=5m for ten.
WALK ?= 30s
walk:
	BBFTP_FAULTS_WALK=$(WALK) $(GO) test -race -count=1 -run 'TestWalk' -timeout 40m ./cmd/bbftpd/faults

lint:
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@unformatted=$$($(GO) tool gofumpt -l .); \
	if [ -n "$$unformatted" ]; then echo "not gofumpt'd:"; echo "$$unformatted"; exit 1; fi

# Everything compiles, tests included, for the systems the code names.
cross:
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	GOOS=linux GOARCH=arm64 $(GO) vet ./...
	GOOS=linux GOARCH=386 $(GO) vet ./...

fuzz:
	scripts/fuzz.sh $(FUZZTIME)

# How fast, at what cost, and against what: the Go benchmarks of each path, then
# whole processes on loopback and over an emulated long fat network, each sweep
# interleaved; and the bars they are held to. All of it in results/, in about 40
# minutes, of which the Go benchmarks take 12. As root, best when nothing else
# runs; iperf3 and socat on PATH, and the legacy programs that
# BBFTP_LEGACY_SERVER and BBFTP_LEGACY_CLIENT name first, are measured too.
# BENCH_LOOPBACK and BENCH_LFN are more options of the sweeps.
bench: bench-go bench-loopback bench-lfn bars

# 0.3 s six times give benchstat an interval; one package at a time.
BENCHTIME  ?= 0.3s
BENCHCOUNT ?= 6
bench-go:
	mkdir -p $(BIN)
	{ echo "commit: $(VERSION)"; echo "kernel: $$(uname -sr)"; \
	  echo "date: $$(date -u +%Y-%m-%dT%H:%MZ)"; echo "command: make bench-go BENCHTIME=$(BENCHTIME) BENCHCOUNT=$(BENCHCOUNT)"; \
	  $(GO) test -p 1 -run '^$$' -bench . -benchtime $(BENCHTIME) -count $(BENCHCOUNT) -timeout 20m ./engine/... ./netio/... ./bench/... \
	  | grep -Ev '^(PASS|ok|\?|---)|no test files|\[no tests' ; } > $(BIN)/bench.txt
	mv $(BIN)/bench.txt results/bench.txt

bench-loopback: build
	rm -f $(BIN)/loopback.jsonl
	-$(BIN)/bbbench compare loopback --out $(BIN)/loopback.jsonl $(LEGACY) $(BENCH_LOOPBACK)

bench-lfn: build
	rm -f $(BIN)/lfn.jsonl
	-$(BIN)/bbbench compare lfn --out $(BIN)/lfn.jsonl $(LEGACY) $(BENCH_LFN)

# From the records of the sweeps that there are.
SWEPT = $(wildcard $(BIN)/loopback.jsonl) $(wildcard $(BIN)/lfn.jsonl)
bars:
	@if [ -z "$(SWEPT)" ]; then echo "bars: nothing was measured: make bench-loopback or bench-lfn"; exit 1; fi
	$(BIN)/bbbench report $(SWEPT) --bars results/bars.md --ratios results/ratios.md --csv results/ratios.csv --html results/ratios.html

# The records in results/, made anew on this machine; best when nothing else
# runs on it. As root; iperf3 on PATH, and the legacy programs that
# BBFTP_LEGACY_SERVER and BBFTP_LEGACY_CLIENT name first, are measured too.
# RESULTS_WAN shortens the wan sweep. What failed is in the reports.
legacy = $(firstword $(subst :, ,$(1)))
LEGACY := $(if $(BBFTP_LEGACY_CLIENT),--legacy-client $(call legacy,$(BBFTP_LEGACY_CLIENT))) \
	$(if $(BBFTP_LEGACY_SERVER),--legacy-server $(call legacy,$(BBFTP_LEGACY_SERVER)))
RESULTS_WAN ?= --rtt 10ms,100ms --streams 1,4,10 --duration 4s --repeats 6
results: build
	-$(BIN)/bbbench wan --self-check --markdown results/wan-self-check.md
	rm -f $(BIN)/quick.jsonl $(BIN)/wan.jsonl
	-$(BIN)/bbbench compare quick --protocol 1,3 --time-limit 2m --out $(BIN)/quick.jsonl $(LEGACY)
	$(BIN)/bbbench report $(BIN)/quick.jsonl --html results/quick.html --csv results/quick.csv --svg results/quick.svg
	-$(BIN)/bbbench compare wan --peers bbftp,iperf3 --protocol 1 --out $(BIN)/wan.jsonl $(RESULTS_WAN)
	$(BIN)/bbbench report $(BIN)/wan.jsonl --html results/wan.html --csv results/wan.csv --svg results/wan.svg

# Every client against every server, the legacy ones being those that
# BBFTP_LEGACY_SERVER and BBFTP_LEGACY_CLIENT name. Needs root and 16 GiB of
# memory, or of disk; BBFTP_INTEROP=quick takes a minute and writes no report.
INTEROP_REPORT ?= $(if $(filter quick,$(BBFTP_INTEROP)),,$(CURDIR)/results/interop.md)
interop:
	@if [ -z "$$BBFTP_LEGACY_SERVER$$BBFTP_LEGACY_CLIENT" ]; then \
	echo "interop: set BBFTP_LEGACY_SERVER to the absolute path of a legacy bbftpd and BBFTP_LEGACY_CLIENT to that of a legacy bbftp (several: separated by ':')"; exit 1; fi
	BBFTP_INTEROP_REPORT="$(INTEROP_REPORT)" $(GO) test -count=1 -v -run 'TestMatrix|TestOverSSH' -timeout 4h ./cmd/bbftp/interop

# The real programs under every fault at every step of the protocol, and a
# minute of walks over each server by clients that break the rules: what became
# of the files, in results/faults.md. As root, in about 13 minutes.
FAULTS_REPORT ?= $(CURDIR)/results/faults.md
faults:
	BBFTP_FAULTS=full BBFTP_FAULTS_REPORT="$(FAULTS_REPORT)" $(GO) test -count=1 -run 'TestTable' -timeout 40m ./cmd/bbftpd/faults

# 500 sessions of small files and 50 of 1 GiB at once, against a single session
# that moves as much, in results/load.md. As root, best when nothing else runs;
# BBFTP_LOAD_SIZE=64MiB and BBFTP_LOAD_ROUNDS=1 make it short.
LOAD_REPORT ?= $(CURDIR)/results/load.md
load:
	BBFTP_FAULTS=full BBFTP_LOAD_REPORT="$(LOAD_REPORT)" $(GO) test -count=1 -run 'TestLoad' -timeout 40m ./cmd/bbftpd/faults

clean:
	rm -rf $(BIN)
