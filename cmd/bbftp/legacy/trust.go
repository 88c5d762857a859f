package legacy

import (
	"bbftp/cmd/internal/terminal"
	"bbftp/engine/trust"
)

// chooseTrust reads what the options about TLS name. Ssh has its own.
func (j *job) chooseTrust() (err error) {
	if j.ssh != nil {
		return nil
	}
	if j.policy, err = j.trust.Policy(); err != nil {
		return misuse{6, err}
	}
	return nil
}

// watched tells whether remarks that legacy clients don't make disturb nobody:
// standard error is a terminal, and the password came from elsewhere. Programs
// that type it at a terminal also read what is shown there.
func (j *job) watched() bool {
	asked := j.passwordFile == "" && j.ssh == nil && terminal.Is(j.stdin)
	return !j.json && !j.machine && !asked && terminal.Is(j.console.stderr)
}

// remark tells people, but no script, what they should know.
func (r *report) remark(text string) {
	if r.watched {
		r.line(r.stderr, "bbftp: ", "%s", text)
	}
}

// trusted is told of each login through TLS. With -W the first one to a server is
// shown wherever warnings go.
func (r *report) trusted(met trust.Met) {
	r.secured = true
	r.trace("TLS: key of the server = %s", met.Fingerprint)
	if !met.First {
		return
	}
	if r.warnings {
		r.warn(warnServer, "%s", met)
		return
	}
	r.remark(met.String())
}
