package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"bbftp/bench/peer"
)

// runCompare measures bbftp against other programs on the same path, in the
// same shuffled sweep.
func runCompare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return runTrials(ctx, args, stdout, stderr, comparedPeers)
}

// baselines are compared unless the user or the scenario names others, as far
// as they are there.
var baselines = []string{peer.BBFTP, peer.Legacy, peer.LegacyTuned, peer.Iperf3}

// comparedVersions are bbftp's own protocol and the one that both releases
// speak, for likes to be compared with likes.
var comparedVersions = []int{1, 3}

func comparedPeers(ctx context.Context, o *sweepOptions, stdout io.Writer) ([]peer.Peer, error) {
	// A file that says nothing has the defaults of a sweep: bbftp, version 1.
	if !o.isGiven("version") && len(o.scenario.Parts) == 0 && slices.Equal(o.scenario.Version, []int{1}) {
		o.scenario.Version = comparedVersions
	}
	if o.isGiven("peers") {
		return everyPeer(ctx, o, stdout)
	}
	if len(o.scenario.Parts) == 0 && len(o.scenario.Peers) == 1 {
		o.scenario.Peers = baselines
	}
	var found []peer.Peer
	for _, name := range o.scenario.EveryPeer() {
		p, err := peer.Find(name, o.programs)
		if err != nil {
			return nil, err
		}
		if _, err := p.Version(ctx); err != nil {
			if name == peer.BBFTP {
				return nil, fmt.Errorf("peer %s: %w", name, err)
			}
			fmt.Fprintf(stdout, "without %s: %v\n", name, err)
			o.scenario.Without(name)
			continue
		}
		found = append(found, p)
	}
	if len(found) == 1 {
		return nil, errors.New("nothing to compare with is there: install iperf3, name the legacy programs, or choose --peers")
	}
	return found, nil
}
