package programtest

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Command is a command of the scripts.
type Command = func(ts *testscript.TestScript, neg bool, args []string)

// patience bounds every wait. It only decides how long a failing test takes.
const patience = time.Minute

// Run runs the scripts in dir, with further commands in extra.
func Run(t *testing.T, dir string, extra map[string]Command) {
	Passable(t)
	programs := Build(t)
	work := t.TempDir()
	// A daemon that gave up root has to reach the scripts' directories.
	if err := os.Chmod(filepath.Dir(work), 0o711); err != nil {
		t.Fatal(err)
	}
	commands := map[string]Command{
		"run": run, "client": client,
		"start": start, "serve": serve, "demo": demo, "until": until, "signal": sendSignal, "await": await, "adopt": adopt, "leader": leader, "gone": gone,
		"relay": startRelay, "held": held, "release": release,
		"dialogue": dialogue, "terminal": terminal,
		"save": save, "appears": appears, "unescape": unescape,
		"generate": generate, "sparse": sparse, "same": same, "entries": entries, "mode": mode, "owner": owner,
		"needroot": needRoot,
	}
	for name, command := range extra {
		commands[name] = command
	}
	for name, command := range commands {
		commands[name] = affirmed(name, command)
	}
	testscript.Run(t, testscript.Params{
		Dir:         dir,
		WorkdirRoot: work,
		Cmds:        commands,
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Setup: func(env *testscript.Env) error {
			me, err := user.Current()
			if err != nil {
				return err
			}
			runAs := me.Username
			if os.Geteuid() == 0 {
				runAs = "nobody"
			}
			env.Setenv("RUNAS", runAs)
			env.Setenv("BBUSER", "demo")
			// What bbftp remembers of hosts: of one script, and not among its files.
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".tmp", "cache"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".tmp", "config"))
			env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Values[stateKey{}] = &state{t: env.T(), programs: programs, processes: map[string]*process{}, values: map[any]any{}}
			return nil
		},
	})
}

// affirmed refuses "! command": every command here says what must hold.
func affirmed(name string, command Command) Command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("unsupported: ! %s", name)
		}
		command(ts, neg, args)
	}
}

// state is what the commands of one script share.
type state struct {
	t         testscript.T
	programs  string
	processes map[string]*process
	relay     *relay
	values    map[any]any // of commands defined elsewhere
}

type stateKey struct{}

func stateOf(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

// SetPort tells a script where its server listens.
func SetPort(ts *testscript.TestScript, port int) { ts.Setenv("PORT", fmt.Sprint(port)) }

func needRoot(ts *testscript.TestScript, _ bool, _ []string) {
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		ts.Fatalf("needs root, which the CI has to provide")
	}
	stateOf(ts).t.Skip("needs root: the daemon gives up its rights")
}

// usage ends the script unless there are at least n arguments.
func usage(ts *testscript.TestScript, args []string, n int, text string) {
	if len(args) < n {
		ts.Fatalf("usage: %s", text)
	}
}

// SetValue keeps a value for the script's other commands.
func SetValue(ts *testscript.TestScript, key, value any) { stateOf(ts).values[key] = value }

// Value returns what SetValue kept, or nil.
func Value(ts *testscript.TestScript, key any) any { return stateOf(ts).values[key] }
