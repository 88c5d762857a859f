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
func (s *Sweep) environment(ctx context.Context, dir string) (trial.Environment, error) {
	env, err := s.system.environment(s.Build, dir)
	if err != nil {
		return env, fmt.Errorf("describe this machine: %w", err)
	}
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
