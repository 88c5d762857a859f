package replay

// Why our client does otherwise.
const (
	restores     = "a file fetched gets the times it has on the server, as keepaccess says; legacy restores them on a put only"
	announces    = "the length announced is that of the body, 0 (wire.md 3.3)"
	ownTemporary = "the message has the name the user gave; our temporary one is random"
	noAck        = "without its ACK nobody knows that a stream's data arrived"
	waitsForData = "the server's word does not stand for data that have not come; legacy leaves an incomplete file and reports success"
	reserves     = "the space is reserved first: a file that does not fit costs no transfer, and the error says what is wrong"
	speaks1      = "there is a version in common, 1 (wire.md 4); it is chosen together with the first command, and has no message to end with"
	bounded      = "a broken answer counts as a failed try; legacy connects again for ever"
	oneProcess   = "streams are no processes of their own: none outlives the client"
	refusesKey   = "such a key does not fit the protocol (wire.md 3.1); legacy overruns its fields and sends what nobody can read"
	reconnects   = "a 3.3.0 server dies after it refused a mkdir (wire.md 11.4): the next command connects anew instead of failing"
	rehearses    = "legacy servers delete the file that is only pretended to be stored (wire.md 6.6), so it is one that nobody has"
	answered     = "-V tells of the steps of a login once the server has answered it"
	masked       = "text of a server is shown without control characters and without blanks at the end of a line"
	saysWhy      = "the message says what happened"
)

// deviations is everything in which our client differs from the recorded ones.
// A row that is not needed fails the tests like one that is missing.
var deviations = []deviation{
	{
		"client_get_gzip_refused nocrypt_get_p3 nocrypt_get_zero nocrypt_mget nocrypt_misc nocrypt_v2_get_p2 v2_get_gzip_text_p2 v2_get_p1 " +
			"v2_get_p2 v2_get_zero v3_cd v3_get_gzip_random v3_get_gzip_text_p1 v3_get_gzip_text_p3 v3_get_one_byte v3_get_p1 v3_get_p3 v3_get_zero v3_mget",
		" fresh\n", " kept\n", restores,
	},
	{
		"nocrypt_put_abort v2_get_bad_local v3_get_bad_local v3_get_zero_bad_local",
		".bbftp.tmp.HOST.PID creation error", " creation error", ownTemporary,
	},

	{
		"client_get_early_ok",
		"1 > end\n" + closeConn + "1 < @m1.dat:0:1000\n1 > end\n",
		"1 < @m1.dat:0:1000\n1 > 00000004 00000000 ; MSG_ACK\n1 > end\n" + closeConn,
		waitsForData,
	},
	{
		"client_get_early_ok",
		" 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 fresh\n",
		" 1000 98d5b65ddcbac0ce86a8e8889d3aee562807d9d4bb89ff8ac413a6871aeff1a9 kept\n",
		waitsForData,
	},
	{"client_put_bad_ack client_put_no_ack", "exit 0\n", "exit 37\n", noAck},
	{
		"client_put_bad_ack", putDone,
		`says "BBFTP-ERROR-00037 : put m1.dat: data stream 1: send: MSG_BAD, byte 0: not an ACK"` + putFailed, noAck,
	},
	{
		"client_put_no_ack", putDone,
		`says "BBFTP-ERROR-00037 : put m1.dat: data stream 1: send: wait for ACK: unexpected EOF"` + putFailed, noAck,
	},

	{
		"v2_get_fulldisk_client",
		"0 > 0000001d 00000004 00008413 ; MSG_TRANS_START_V2\n1 call 0\n1 < @r600k.dat:0:600000\n1 > end\n" + getReset,
		abort, reserves,
	},
	{
		"v3_get_fulldisk_client",
		"1 accept 0\n0 > 0000002b 00000004 ; MSG_TRANS_START_V3\n1 < @r600k.dat:0:600000\n1 > end\n1 > end\n" + getReset,
		abort, reserves,
	},
	{"v2_get_fulldisk_client v3_get_fulldisk_client", "exit 100\n", "exit 79\n", reserves},
	{
		"v2_get_fulldisk_client v3_get_fulldisk_client",
		`says "BBFTP-ERROR-00100 : Error on server: Connection reset by peer"` + "\n" +
			`says "<< Error on server: Connection reset by peer"` + "\n",
		`says "BBFTP-ERROR-00079 : Error writing file /mnt/small/down.dat : No space left on device"` + "\n", reserves,
	},

	{
		"v3_mkdir_fail_nocreatedir", "0 > 0000002f 0000000a ; MSG_STAT\n0 < reset\nexit 64\n",
		"0 > end\n1 control\n" + login3 + `1 > 0000002f 0000000a 00000007 "m1.dat" ; MSG_STAT
1 < 00000000 00000004 "told" ; MSG_OK
1 > 00000028 00000000 ; MSG_CLOSE_CONN
1 > end
exit 100
`, reconnects,
	},
	{
		"v3_mkdir_fail_nocreatedir",
		`says "BBFTP-ERROR-00064 : Error sending MSG_STAT (transferoption) message"` + "\n" + `says "stat m1.dat FAILED"` + "\n",
		`says ">> USER bbuser PASS"
says "<< bbftpd version 3.3.0-11 : OK"
says "<< OK : told"
says "stat m1.dat OK"
`, reconnects,
	},
	{
		"nocrypt_put_simulation v2_put_simulation v3_put_simulation", `0 > 0000001f 00000006 "up.dat" ; MSG_FILENAME`,
		`0 > 0000001f 00000015 "up.dat.bbftp." ?8 ; MSG_FILENAME`, rehearses,
	},
	{"v3_put_client_sigkill", "1 > @r8m.dat:4000000:4000000\n", "1 > cut @r8m.dat:4000000:4000000\n", oneProcess},

	{"client_prot_ans_1_1", "0 > 0000000e 00000000 ; MSG_BAD_NO_RETRY\n", "", speaks1},
	{"client_prot_ans_1_1 client_prot_bad_no_retry", "exit 101\n", "exit 0\n", speaks1},
	{
		"client_prot_ans_1_1 client_prot_bad_no_retry",
		`says "BBFTP-ERROR-00101 : Incompatible deamon and client (remote protocol version (1,1), local (2,3))"` + "\n",
		`says ">> COMMAND : lcd /mnt/client"
says "<< OK : Current local directory is /mnt/client"
says "lcd /mnt/client OK"
`, speaks1,
	},
	{
		"client_prot_ans_4_9", "(remote protocol version (4,9), local (2,3))",
		"(no protocol version in common: the server speaks versions 4 to 9, this client here versions 1 to 3)", saysWhy,
	},
	{"client_prot_ans_len4 client_prot_unknown", "1 control\n0 signal KILL\n1 > end\n1 < reset\nexit killed\n", "exit 33\n", bounded},
	{
		"client_prot_ans_len4", "Unexpected message length while waiting for MSG_PROT_ANS message\"\n",
		"control connection: wait for the answer to MSG_PROT: MSG_PROT_ANS, byte 4: msglen 4: length out of range\"\n" + tried, bounded,
	},
	{
		"client_prot_unknown", "Unknown message while waiting for MSG_PROT_ANS message\"\n",
		"control connection: wait for the answer to MSG_PROT: code 99, byte 0: sent by server: unknown message\"\n" + tried, bounded,
	},

	{"client_login_key_2048", "0 > login bbuser secret\n0 < eof\n0 > end\n", "0 > end\n0 < eof\n", refusesKey},
	{
		"client_login_key_2048", `says ">> USER bbuser PASS"` + "\n" + `says "BBFTP-ERROR-00059 : Error reading login message answer : "` + "\n",
		`says "BBFTP-ERROR-00057 : Unkown encryption method : encrypt login: server's RSA modulus has 2048 bits and last bit 1, want 1024 and 1"` + "\n",
		refusesKey,
	},
	{
		"client_crypt_offer_none", `"BBFTP-ERROR-00057 : Unkown encryption method "`,
		`"BBFTP-ERROR-00057 : Unkown encryption method : encrypt login: server offers encryption type 0, not RSA"`, saysWhy,
	},
	{
		"client_crypt_offer_3", `login message answer : "`,
		`login message answer : wait for the answer to MSG_LOG: EOF"`, saysWhy,
	},
	{"client_crypt_offer_3", `says ">> USER bbuser PASS"` + "\n", "", answered},
	{
		"nocrypt_wrong_password", `says "Uncrypted login dialog accepted"` + "\n" + `says ">> USERNAME bbuser PASS"` + "\n", "", answered,
	},
	{"status_request", `25 Aug 2026 "`, `25 Aug 2026"`, masked},
	{
		"ssh_server_fails", `MSG_LOGGED_STDIN message"`,
		`MSG_LOGGED_STDIN message : the remote shell says \"hello-from-login-shell -s\\n\" where the server was to begin: ` +
			`its start-up files must print nothing"`, saysWhy,
	},

	{
		"nocrypt_get_missing nocrypt_get_p3 nocrypt_get_zero nocrypt_mget nocrypt_misc nocrypt_put_abort nocrypt_put_createdir nocrypt_put_forbidden " +
			"nocrypt_put_fulldisk nocrypt_put_gzip_p3 nocrypt_put_gzip_random nocrypt_put_p1 nocrypt_put_p3 nocrypt_put_simulation nocrypt_put_zero " +
			"nocrypt_refused nocrypt_v2_get_p2 nocrypt_v2_put_p2 nocrypt_wrong_password",
		"0 > 00000006 00000114 ; MSG_CRYPT\n", "0 > 00000006 00000000 ; MSG_CRYPT\n", announces,
	},
}

// Lines that several rows share.
const (
	closeConn = "0 > 00000028 00000000 ; MSG_CLOSE_CONN\n"
	abort     = "0 > 0000001b 00000000 ; MSG_ABORT\n"
	getReset  = `0 < 00000003 00000029 "Error on server: Connection reset by peer" ; MSG_BAD` + "\n"
	putDone   = `says "<< OK"
says "1000 bytes send in N secs (N Kbytes/sec or N Mbits/s)"
says "put m1.dat up.dat OK"
`
	putFailed = "\n" + `says "put m1.dat up.dat FAILED"` + "\n"
	tried     = `says "BBFTP-ERROR-00033 : Maximum try on connection reached (1) aborting"` + "\n"
	login3    = `1 < offer 2
1 > login bbuser secret
1 < 00000000 0000001c "bbftpd version 3.3.0-11 : OK" ; MSG_OK
1 > 00000017 00000000 ; MSG_PROT
1 < 00000018 00000008 0000000100000003 ; MSG_PROT_ANS
1 > 00000018 00000004 00000003 ; MSG_PROT_ANS
`
)
