package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"bbftp/bench/trial"
)

// environment describes the machine and the peers' programs, all of which must
// be there.
func (s *Sweep) environment(ctx context.Context, places map[string]*storage) (trial.Environment, error) {
	var env trial.Environment
	for _, place := range places { // any: all are on this machine
		var err error
		if env, err = s.system.environment(s.Build, place.work); err != nil {
			return env, fmt.Errorf("describe this machine: %w", err)
		}
	}
	env.Files = systems(places)
	env.Versions = map[string]string{}
	for _, p := range s.Peers {
		version, err := p.Version(ctx)
		if err != nil {
			return env, fmt.Errorf("peer %s: %w", p.Name(), err)
		}
		env.Versions[p.Name()] = version
	}
	return env, nil
}

// identify makes an environment's ID: equal ones have the same.
func identify(env trial.Environment) string {
	env.Type, env.ID = "", ""
	text, err := json.Marshal(env)
	if err != nil {
		panic(err) // strings and numbers: never
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
