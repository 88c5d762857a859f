package selfcheck

import (
	"fmt"
	"os"
	"testing"
)

// workerFlag makes the test's program a worker.
const workerFlag = "--worker"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == workerFlag {
		if err := Work(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
