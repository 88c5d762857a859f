//go:build deps

package main

import (
	_ "github.com/elastic/go-seccomp-bpf"
	_ "github.com/go-crypt/crypt"
	_ "github.com/go-crypt/crypt/algorithm/shacrypt"
	_ "github.com/go-crypt/x/yescrypt"
	_ "github.com/landlock-lsm/go-landlock/landlock"
	_ "github.com/msteinert/pam/v2"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/prometheus/client_golang/prometheus/collectors"
	_ "golang.org/x/sync/semaphore"
	_ "github.com/coreos/go-systemd/v22/daemon"
	_ "github.com/coreos/go-systemd/v22/journal"
	_ "github.com/BurntSushi/toml"
)
