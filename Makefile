# bbftp in Go. `make demo` and `make test` need git, make, gcc and Go 1.26.

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X bbftp/cmd/internal/version.build=$(VERSION)

# How long `make fuzz` works on each target; `make test` spends 5 s.
FUZZTIME ?= 60s

.PHONY: build demo test race fuzz bench interop lint cross clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/bbftp ./cmd/bbftpd ./cmd/bbbench

# Moves a 2 GiB file through the real programs; DEMO_SIZE=64MiB for a short look.
DEMO_SIZE ?= 2GiB
demo: build
	$(BIN)/bbbench demo --size $(DEMO_SIZE)

test: lint cross race
	$(MAKE) fuzz FUZZTIME=5s

race:
	$(GO) test -race ./...

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

bench:
	$(GO) test -run '^$$' -bench . -benchtime 2s ./...

# Against the legacy programs named by BBFTP_LEGACY_SERVER.
interop:
	@if [ -z "$$BBFTP_LEGACY_SERVER" ]; then \
	echo "interop: set BBFTP_LEGACY_SERVER to the path of a legacy bbftpd that serves version 1 (several: separated by ':')"; exit 1; fi
	$(GO) test -count=1 -v -run 'TestLegacy' -timeout 60m ./cmd/bbftp

clean:
	rm -rf $(BIN)
