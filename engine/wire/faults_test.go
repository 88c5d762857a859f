package wire_test

import "bbftp/engine/wire"

// place is where a message begins in what one side sent on one connection of a recorded session.
type place struct {
	session    string
	connection int
	from       wire.Sender
	at         int
}

// fault is something recorded that is no message of the protocol, most of it sent on purpose to see what a legacy peer does.
type fault struct {
	place
	cause  error
	offset int // in the message
}

var faults = []fault{
	// The text of a reply lost in a reset: only its header reached the wire.
	{place{"hand_login_cert_log", 0, wire.Server, 160}, wire.ErrTruncated, 8},
	{place{"hand_login_crypt_with_body", 0, wire.Server, 160}, wire.ErrTruncated, 8},
	{place{"hand_login_garbage_http", 0, wire.Server, 160}, wire.ErrTruncated, 8},
	{place{"hand_login_log_wrong_len", 0, wire.Server, 160}, wire.ErrTruncated, 8},
	{place{"hand_login_priv_log", 0, wire.Server, 160}, wire.ErrTruncated, 8},
	{place{"hand_v3_chumask_len8", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_abort", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_filename", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_prot_again", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_trans_ok", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_unknown99", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_v1_chdir", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_v1_list", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_v1_mkdir", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_logged_v1_store", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_store_short", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_store_then_stat", 0, wire.Server, 251}, wire.ErrTruncated, 8},
	{place{"hand_v3_waiting_retr_stat", 0, wire.Server, 311}, wire.ErrTruncated, 8},
	{place{"hand_v3_waiting_start_stat", 0, wire.Server, 311}, wire.ErrTruncated, 8},
	{place{"v1_list_too_long", 0, wire.Server, 235}, wire.ErrTruncated, 8},
	{place{"v2_get_client_sigint", 0, wire.Server, 268}, wire.ErrTruncated, 8},
	{place{"v2_put_client_sigint", 0, wire.Server, 268}, wire.ErrTruncated, 8},
	{place{"v3_put_client_sigint", 0, wire.Server, 272}, wire.ErrTruncated, 8},
	{place{"v3_put_client_sigkill", 0, wire.Server, 272}, wire.ErrTruncated, 8},

	// Codes without message, or messages of the other side. Some are the body of a message that has none, read as the next header.
	{place{"client_prot_unknown", 0, wire.Server, 196}, wire.ErrUnknownCode, 0},
	{place{"hand_login_cert_log", 0, wire.Client, 8}, wire.ErrUnknownCode, 0},
	{place{"hand_login_crypt_with_body", 0, wire.Client, 8}, wire.ErrUnknownCode, 0},
	{place{"hand_login_crypt_with_body", 0, wire.Client, 16}, wire.ErrUnknownCode, 0},
	{place{"hand_login_garbage_http", 0, wire.Client, 0}, wire.ErrUnknownCode, 0},
	{place{"hand_login_unknown_code_nobody", 0, wire.Client, 0}, wire.ErrUnknownCode, 0},
	{place{"hand_prot_with_body", 0, wire.Client, 300}, wire.ErrUnknownCode, 0},
	{place{"hand_v3_filename_in_store_wrong_code_nobody", 0, wire.Client, 368}, wire.ErrUnknownCode, 0},
	{place{"hand_v3_logged_trans_ok", 0, wire.Client, 312}, wire.ErrUnknownCode, 0},
	{place{"hand_v3_logged_unknown99", 0, wire.Client, 312}, wire.ErrUnknownCode, 0},
	{place{"hand_v3_logged_unknown99_nobody", 0, wire.Client, 312}, wire.ErrUnknownCode, 0},
	{place{"ssh_server_fails", 0, wire.Server, 0}, wire.ErrUnknownCode, 0},
	{place{"v1_unknown", 0, wire.Client, 292}, wire.ErrUnknownCode, 0},
	{place{"v1_unknown_pipelined", 0, wire.Client, 292}, wire.ErrUnknownCode, 0},

	// Lengths that no such message has.
	{place{"client_prot_ans_len4", 0, wire.Server, 196}, wire.ErrLength, 4},
	{place{"hand_login_log_wrong_len", 0, wire.Client, 0}, wire.ErrLength, 4},
	{place{"hand_login_log_wrong_len_nobody", 0, wire.Client, 0}, wire.ErrLength, 4},
	{place{"hand_login_priv_log", 0, wire.Client, 0}, wire.ErrLength, 4},
	{place{"hand_prot_ans_len8", 0, wire.Client, 300}, wire.ErrLength, 4},
	{place{"hand_v3_chumask_len8", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_chumask_len8_nobody", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_list_len0_nobody", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_logged_abort", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_stat_len_negative", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_store_short", 0, wire.Client, 312}, wire.ErrLength, 4},
	{place{"hand_v3_store_short_nobody", 0, wire.Client, 312}, wire.ErrLength, 4},

	// A version 1 path of 600 bytes.
	{place{"v1_list_too_long", 0, wire.Client, 292}, wire.ErrPathTooLong, 4},

	// Streams that end inside a message. The MSG_RETR_RFIO without body, and the MSG_STORE of 4 bytes in version 3, lack their 576.
	{place{"hand_login_short_garbage", 0, wire.Client, 0}, wire.ErrTruncated, 3},
	{place{"hand_v3_header_truncated", 0, wire.Client, 312}, wire.ErrTruncated, 4},
	{place{"hand_v3_logged_prot_again", 0, wire.Client, 320}, wire.ErrTruncated, 4},
	{place{"hand_v3_logged_v1_store", 0, wire.Client, 312}, wire.ErrTruncated, 12},
	{place{"hand_v3_stat_truncated", 0, wire.Client, 312}, wire.ErrTruncated, 15},
	{place{"hand_v3_trans_start_with_body", 0, wire.Client, 390}, wire.ErrTruncated, 4},
	{place{"v1_retr_rfio_nobody", 0, wire.Client, 292}, wire.ErrTruncated, 17},
	{place{"v3_mkdir_fail_nocreatedir", 0, wire.Client, 319}, wire.ErrTruncated, 8},
}
