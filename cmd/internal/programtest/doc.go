// Package programtest runs scripts against the real programs: processes of
// their own, so that exit statuses, signals, users and terminals are those
// people see. It is for tests only.
//
// Scripts are those of testscript, with the programs on PATH, the variable
// $RUNAS (a user that the daemon may become) and these commands besides the
// usual ones. Those that wait, wait at most a minute. A STATUS may name several:
// "62|100".
//
//	run STATUS PROGRAM [ARGUMENT...]
//		Run a program; it must end with that exit status.
//	client STATUS [ARGUMENT...]
//		Run bbftp against $PORT with the name $BBUSER, the password in
//		$WORK/password and one try.
//	start NAME PROGRAM [ARGUMENT...]
//		Start a program and go on. It is killed when the script ends.
//	serve NAME [ARGUMENT...]
//		Start bbftpd on a free loopback port, wait until it serves, set $PORT.
//	demo NAME DIRECTORY [ARGUMENT...]
//		Start bbftpd --demo likewise, for client.
//	until NAME stdout|stderr PATTERN
//		Wait until a started program has written what matches.
//	signal HUP|INT|TERM|KILL NAME|PID
//	await STATUS NAME
//		Wait for the end of a started program and take over its output.
//	adopt PID
//		Kill that process, a daemon's, when the script ends.
//	leader PID
//		Check that a process has left the group it was started in.
//	gone PID
//		Wait until there is no such process.
//	relay BYTES
//		Put a relay before $PORT which lets through so many bytes of payload
//		and holds the rest; $PORT becomes its port.
//	held
//		Wait until the relay holds payload back.
//	release
//		Have the relay let through what it holds, and all that follows.
//	dialogue FILE LINE...
//		Write a dialogue: lines "expect TEXT", "secret TEXT" (typed once echo
//		is off), "interrupt" (likewise) and "break" (an interrupt at once).
//	terminal STATUS DIALOGUE PROGRAM [ARGUMENT...]
//		Run a program at a terminal of 80 columns, with a dialogue. In the end echo must be
//		on again.
//	save VARIABLE FILE PATTERN
//		Wait until FILE has what matches, and set a variable to its first group.
//	appears FILE PATTERN
//		Wait until FILE has what matches.
//	unescape VARIABLE TEXT
//		Set a variable to TEXT, which has escapes as Go strings have.
//	generate FILE SIZE
//		Write a file of half random, half compressible bytes.
//	sparse FILE SIZE
//		Make a file that is one hole.
//	same FILE FILE
//		Compare files, also large ones.
//	entries DIRECTORY [NAME...]
//		Wait until a directory holds these names and nothing else.
//	mode FILE MODE
//	owner FILE USER
//	needroot
//		Skip unless root; with CI=true, fail.
package programtest
