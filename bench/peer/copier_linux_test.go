package peer

import (
	"os"
	"testing"

	"bbftp/bench/trial"
)

func TestCopiers(t *testing.T) {
	const size = 8<<20 + 1
	for _, p := range []Peer{curl{}, rsync{}, scp{}} {
		for _, direction := range []string{trial.Put, trial.Get} {
			t.Run(p.Name()+","+direction, func(t *testing.T) {
				needs(t, p)
				if p.Name() == SCP && os.Geteuid() != 0 {
					if os.Getenv("CI") == "true" {
						t.Fatal("needs root, which the CI has to provide")
					}
					t.Skip("needs root: sshd gets a private account")
				}
				c := trial.Cell{Direction: direction}
				c.Compressed = p.Name() != Curl
				o := run(t, p, loopback(t, c, size))
				if o.Bytes != size || o.ClientCPU <= 0 || o.ServerCPU <= 0 {
					t.Errorf("%+v", o)
				}
				t.Logf("%v, CPU %v %v, %q", o.Ended.Sub(o.Began), o.ClientCPU, o.ServerCPU, o.Warnings)
			})
		}
	}
}
