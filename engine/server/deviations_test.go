package server

import "bbftp/engine/wire"

// deviation is an answer that a server of ours gives otherwise than the
// recorded one, on purpose.
type deviation struct {
	session string
	answer  int     // to which turn of the client on the control connection, from 1; 0 is the greeting
	ours    []event // all of it, none for silence
	reason  string
}

// Why we answer otherwise.
const (
	// Legacy closes while bytes of the peer are unread. The kernel then sends
	// a reset, and the text of the reply, in a segment of its own, is lost
	// (wire.md 11.3). What we send is all that legacy wrote.
	arrivesWhole = "the reply arrives whole instead of being lost in a reset"
	// wire.md 14, 8: the recorded replies tell which users exist.
	tellsNothing = "an unknown user, an unreadable login and a wrong password look the same"
	// wire.md 14, 3.
	noDowngrade = "a login in clear text needs -u, asked for or not"
	// Until there is a version 2, MSG_PROT is unknown, as to release 1.9, so
	// that clients fall back (wire.md 4). What follows it is version 1.
	noVersion2 = "this server has version 1 only, and no reason to close after an unknown message"
	// The recorded server was built without version 1.
	hasVersion1 = "this server has version 1"
	ownText     = "a text for people about this program: its libraries, and the streams of version 1"
)

const connectedState = "Unkown message in connected state"

var (
	unknown     = badNoRetry("Unkown message in logged state")
	denied      = badNoRetry("Incorrect password")
	statusStart = "bbftpd version " + recordedVersion + "\nCompiled with  :   default port 5021\n" +
		"  compression with Zlib\n  encryption with RSA\nRunning options:\n  Maximum number of streams = 10\n"
)

func answer(events ...event) []event { return events }

// deviations is everything in which a server of ours differs from the recorded
// ones. A row that is not needed fails the tests like one that is missing.
var deviations = []deviation{
	{"hand_login_cert_log", 1, answer(bad(connectedState), serverEOF()), arrivesWhole},
	{"hand_login_crypt_with_body", 1, answer(ok("Uncrypted login dialog accepted"), bad(connectedState), serverEOF()), arrivesWhole},
	{"hand_login_garbage_http", 1, answer(bad(connectedState), serverEOF()), arrivesWhole},
	{"hand_login_log_wrong_len", 1, answer(bad("Incorrect length for MSG_LOG command"), serverEOF()), arrivesWhole},
	{"hand_login_priv_log", 1, answer(bad(connectedState), serverEOF()), arrivesWhole},
	{"v1_list_too_long", 3, answer(badNoRetry("String too long"), serverEOF()), arrivesWhole},

	{"hand_login_rsa_garbage", 1, answer(denied, serverEOF()), tellsNothing},
	{"hand_login_unknown_user", 2, answer(denied, serverEOF()), tellsNothing},
	{"v3_login_unknown_user", 1, answer(denied, serverEOF()), tellsNothing},
	{"hand_login_nocrypt_bypass", 1, answer(badNoRetry(textEncryptedOnly), serverEOF()), noDowngrade},

	{"hand_login_status", 1, answer(ok(statusStart+"  The server allows non-encrypted login\n"), serverEOF()), ownText},
	{"status_request", 1, answer(ok(statusStart+"  The server requires encrypted login\n"), serverEOF()), ownText},

	{"hand_prot_ans_len8", 3, answer(unknown), noVersion2},
	{"hand_prot_ans_len8", 4, answer(unknown), noVersion2},
	{"hand_prot_bad_no_retry", 3, answer(unknown), noVersion2},
	{"hand_prot_bad_no_retry", 4, answer(unknown), noVersion2},
	{"hand_prot_other_message", 3, answer(unknown), noVersion2},
	{"hand_prot_other_message", 4, answer(unknown), noVersion2},
	{"hand_prot_version_0", 3, answer(unknown), noVersion2},
	{"hand_prot_version_0", 4, answer(unknown), noVersion2},
	{"hand_prot_version_1", 3, answer(unknown), noVersion2},
	{"hand_prot_version_1", 4, answer(unknown), noVersion2},
	{"hand_prot_version_4", 3, answer(unknown), noVersion2},
	{"hand_prot_version_4", 4, answer(unknown), noVersion2},
	{"hand_prot_with_body", 3, answer(unknown), noVersion2},
	{"hand_prot_with_body", 4, answer(unknown), noVersion2},
	{"rsa_login_server_u", 2, answer(unknown), noVersion2},
	{"rsa_login_server_u", 3, answer(unknown, unknown), noVersion2},
	{"rsa_login_server_u", 4, answer(unknown), noVersion2},
	{"v3_login_only", 2, answer(unknown), noVersion2},
	{"v3_login_only", 3, answer(unknown, unknown), noVersion2},
	{"v1_prot_ans_1", 3, answer(unknown), noVersion2},

	{"hand_v1first_chdir", 3, answer(ok(home)), hasVersion1},
	{"hand_v1first_list", 3, answer(server(wire.ListReply{Names: []string{"m1.dat"}})), hasVersion1},
	{"hand_v1first_stat", 3, answer(unknown), hasVersion1},
	{"hand_v1first_store", 3, answer(badNoRetry("Invalid request : MSG_STORE, byte 8: file name empty or without NUL: malformed string")), hasVersion1},

	{"v1_retr_rfio", 4, answer(serverEOF()), "the 576 bytes of the refused request were read, so nothing else is in the way (wire.md 11.15)"},
	{
		"v1_unknown_pipelined", 3, answer(unknown, server(wire.ListReply{Names: []string{"m1.dat"}})),
		"exactly the announced bytes are dropped, so the message behind them is answered (the seed's rule of 2.0.0)",
	},
}
