package legacy

import (
	"fmt"
	"io"
	"os"
	"testing"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/engine/client"
)

// TestFinal ends a script when there is no session to be had, whatever failed,
// but not when one was lost: the next command begins another.
func TestFinal(t *testing.T) {
	lost := &client.BrokenError{Err: io.EOF}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{lost, false},
		{&client.RefusedError{Text: "no", NoRetry: true}, false},
		{&client.SessionError{Err: lost}, true},
		{fmt.Errorf("put a: %w", &client.ExhaustedError{Tries: 5, Err: &client.SessionError{Err: lost}}), true},
		{interrupt.Error{Signal: os.Interrupt}, true},
	} {
		if got := final(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
}
