// Package privsep runs a server whose sessions have the rights of the user who
// logged in, without a privileged process ever reading what a client says.
//
//	monitor  root           accepts, checks passwords, starts and reaps the others
//	door     --run-as       one a connection: the login, with nothing to lose (sandbox.Bare)
//	session  the user       one a login: commands and files (sandbox.Session)
//
// All are the same program. The monitor starts it again with a socket to itself,
// over which the new process learns what it is to do, and the client's connection.
//
// What a door that a client has taken over can do, beside what any client can:
//
//   - try one password, which its connection allows anyhow, at the same cost
//   - have one handshake, and nothing else, signed by the server's TLS key: pose, once, as
//     the server to another client whose connection goes through its hands
//   - read the settings it has itself, none of them secret; keep its connection until the
//     time limit of the login
//   - write a few bounded lines to the log, and one record of a login that failed, under
//     its own client's address
//   - with TLS, once the client has logged in: read and change what the two say (it is the
//     client that has taken it over)
//
// What it can't: read or write a file, run a program, open a socket, see or signal
// another process, know a password hash, the TLS key or another connection's login
// key, start a session for whom it has no password, or end the monitor.
//
// A session that was taken over has the rights of its user, below its directory
// (unless --unconfined), and TCP. In the log it can lie about its own doing only, and
// that it has ended is written down whatever it says.
//
// The monitor waits for neither: a door has the time of a login, a session is asked from
// time to time whether it is there, and what is left of either when it has died,
// descriptors passed on to others included, keeps no place. Who connects before others
// waits for the start of a door as they do: addresses take turns.
package privsep
