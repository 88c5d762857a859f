package server

import "bbftp/engine/wire"

// deviations is everything in which a server of ours differs from the recorded
// ones. A row that is not needed fails the tests like one that is missing.
var deviations = []deviation{
	row("hand_login_cert_log", 1, arrivesWhole, bad(connectedState), serverEOF()),
	row("hand_login_crypt_with_body", 1, arrivesWhole, ok("Uncrypted login dialog accepted"), bad(connectedState), serverEOF()),
	row("hand_login_garbage_http", 1, arrivesWhole, bad(connectedState), serverEOF()),
	row("hand_login_log_wrong_len", 1, arrivesWhole, bad("Incorrect length for MSG_LOG command"), serverEOF()),
	row("hand_login_priv_log", 1, arrivesWhole, bad(connectedState), serverEOF()),
	row("v1_list_too_long", 3, arrivesWhole, badNoRetry("String too long"), serverEOF()),

	row("hand_login_rsa_garbage", 1, tellsNothing, denied, serverEOF()),
	row("hand_login_unknown_user", 2, tellsNothing, denied, serverEOF()),
	row("v3_login_unknown_user", 1, tellsNothing, denied, serverEOF()),
	row("hand_login_nocrypt_bypass", 1, noDowngrade, badNoRetry(textEncryptedOnly), serverEOF()),

	row("hand_login_status", 1, ownText, ok(statusStart+"  The server allows non-encrypted login\n"), serverEOF()),
	row("status_request", 1, ownText, ok(statusStart+"  The server requires encrypted login\n"), serverEOF()),

	row("hand_v1first_chdir", 3, hasVersion1, ok(home)),
	row("hand_v1first_list", 3, hasVersion1, server(wire.ListReply{Names: []string{"m1.dat"}})),
	row("hand_v1first_stat", 3, hasVersion1, unknown),
	row("hand_v1first_store", 3, hasVersion1, badNoRetry("Invalid request : MSG_STORE, byte 8: file name empty or without NUL: malformed string")),

	row("v1_retr_rfio", 4, "the 576 bytes of the refused request were read, so nothing else is in the way (wire.md 11.15)", serverEOF()),
	row("v1_unknown_pipelined", 3, "exactly the announced bytes are dropped, so the message behind them is answered (the seed's rule of 2.0.0)",
		unknown, server(wire.ListReply{Names: []string{"m1.dat"}})),

	row("hand_prot_ans_len8", 4, endsCleanly, serverEOF()),
	row("hand_prot_other_message", 4, endsCleanly, serverEOF()),
	row("hand_prot_with_body", 4, endsCleanly, serverEOF()),
	row("hand_prot_version_1", 4, hasVersion1),
	row("v1_prot_ans_1", 4, "the choice of version 1 is not a command, and gets no reply (wire.md 4)"),

	row("ssh_A_put_p1", 1, noVersion1, twoAndThree),
	row("ssh_A_v2_put_p1", 1, noVersion1, twoAndThree),
	row("ssh_put_p1", 1, noVersion1, twoAndThree),

	row("hand_v3_chumask_len8", 4, arrivesWhole, bad("Expecting a 32bit integer"), serverEOF()),
	row("hand_v3_store_short", 4, arrivesWhole, bad("Invalid size for MSG_STORE_V2"), serverEOF()),
	row("hand_v3_store_then_stat", 4, arrivesWhole, unknownV2, serverEOF()),
	row("hand_v3_waiting_retr_stat", 5, arrivesWhole, unknownV2, serverEOF()),
	row("hand_v3_waiting_start_stat", 5, arrivesWhole, unknownV2, serverEOF()),

	row("hand_v3_logged_abort", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_filename", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_prot_again", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_trans_ok", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_unknown99", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_v1_chdir", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_v1_list", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_v1_mkdir", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_v1_store", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_abort_nobody", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_unknown99_nobody", 4, dropsUnknown, unknownV2),
	row("hand_v3_logged_v1_list_nobody", 4, dropsUnknown, unknownV2),

	row("hand_v3_rm_directory", 4, keepsSession, badNoRetry("Unable to delete sub")),
	row("v3_cd_missing", 3, keepsSession, badNoRetry("Error changing directory nosuch : No such file or directory")).upTo(4),
	row("v3_rm_missing", 3, keepsSession, badNoRetry("Unable to delete nosuch")).upTo(4),
	row("v3_mkdir_fail_nocreatedir", 3, oneReply, badNoRetry("Error creation directory x/y (No such file or directory)")).upTo(4),
	row("v3_mkdir_forbidden", 3, oneReply, badNoRetry("Error creation directory /mnt/forbidden/x (Permission denied)")).upTo(4),
	row("hand_v3_stat_truncated", 4, "half a message has no reply, and not two of freed memory", serverEOF()),
	row("hand_v3_list_nomatch_after_list", 5, noCrash, server(wire.ListReplyV2{})).upTo(6),
	row("hand_v3_list_errors", 4, namesCause, badNoRetry("opendir sub/ failed : Invalid argument ")),
	row("hand_v3_list_errors", 5, namesCause, bad("opendir nosuchdir/ failed : No such file or directory ")),
	row("hand_v3_list_errors", 6, keepsSession, badNoRetry("Fail to LIST : RFIO not supported")),
	row("v3_dir_missing", 3, namesCause, bad("opendir nosuchdir/ failed : No such file or directory ")),

	row("hand_v3_filename_empty", 4, checked, badNoRetry("Invalid request : MSG_FILENAME, byte 8: empty path: malformed string")),
	row("hand_v3_get_buffer0", 4, checked, badNoRetry("Invalid request : MSG_RETR_V2, byte 48: 0 KiB: buffer size out of range")),
	row("hand_v3_get_nbstream0", 4, checked, badNoRetry("Invalid request : MSG_RETR_V2, byte 52: 0 streams: count out of range")),
	row("hand_v3_list_len0_nobody", 4, checked, bad("invalid string length")),

	row("v3_get_unreadable", 3, early, tooEarly).upTo(4),
	row("nocrypt_put_fulldisk", 4, early, noSpace).upTo(5),
	row("v2_put_fulldisk", 3, early, noSpace).upTo(4),
	row("v3_put_fulldisk", 3, early, noSpace).upTo(4),

	row("hand_v3_get_no_ack", 5, namesCause, bad("Error on server: "+textEnd)),
	row("hand_v3_get_wrong_ack", 5, namesCause, bad("Error on server: Input/output error")),
	row("hand_v3_put_truncated_data", 5, namesCause, bad("Error on server: "+textEnd)),
	row("hand_v3_put_gzip_block_too_big", 5, namesCause, bad("Error on server: "+textBlock)),
	row("hand_v3_put_gzip_unknown_blockcode", 5, strictBlocks, bad("Error on server: "+textBlock)).leavingNothing(),
	row("hand_v3_put_gzip_unknown_blockcode", 1, strictBlocks, noStream).onData(1),

	row("v2_get_client_sigint", 4, "a reply goes out in one piece, also to a client that is leaving", bad("Error on server: "+textReset)),
	row("v2_put_client_sigint", 4, nobodyThere, maybe(bad("Error on server: "+textEnd)), noStream),
	row("v3_put_client_sigint", 4, nobodyThere, maybe(bad("Error on server: "+textEnd)), noStream),
	row("v3_put_client_sigkill", 1, nobodyThere, noStream).upTo(2).onData(1),
	row("v3_put_client_sigkill", 4, nobodyThere, noStream),
}
