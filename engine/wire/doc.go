// Package wire is the codec of the bbftp protocol, versions 1, 2 and 3: what each message looks like, never when it is sent.
//
// Every control message is an 8-byte header {code int32, msglen int32}, then a body; integers are big-endian, strings are raw bytes
// without NUL. msglen counts the body, except where the notes say otherwise: real peers lie there, and so must we (wire.md 1.2).
// C is the client, S the server; numbers in front are message codes.
//
//	login        S  6 MSG_CRYPT       crtype, len, len, modulus, exponent   Crypt
//	             C  6 MSG_CRYPT       asks for a clear login (1)            Signal
//	             C  1 MSG_LOG         crtype, user, password (276 bytes)    Log
//	             C 49 MSG_SERVER_STATUS  asks for a report (1)              Signal
//	             C 90 MSG_TLS         of ours: a TLS handshake follows (1)  Signal
//	             C 38 MSG_PRIV_LOG, CS 39 MSG_PRIV_DATA, C 41 MSG_CERT_LOG  PrivLog, PrivData, Signal + tokens (1)
//	ssh mode     S 20 MSG_LOGGED_STDIN  port                                LoggedStdin
//	             CS 21 MSG_IPADDR, 22 MSG_IPADDR_OK  nothing or address     IPAddr
//	answers      S  0 MSG_OK, 3 MSG_BAD (a retry may help), 14 MSG_BAD_NO_RETRY, 30 MSG_INFO, 20 MSG_WARN  text   Reply
//	version      C 23 MSG_PROT (1)    S 24 MSG_PROT_ANS min, max            Signal, ProtRange
//	             C 24 MSG_PROT_ANS    the version chosen                    ProtChoice
//
//	version 1    C  2 MSG_STORE  5 _C  7 MSG_RETR  8 _C  10 _RFIO  11 _RFIO_C   name, size, ports (always 576 bytes)   FileRequest
//	             S  9 MSG_RETR_OK     size                                  RetrOK
//	             C 12 MSG_RETR_START  13 MSG_ABR (1)                        Signal
//	             C 15 MSG_MKDIR  16 MSG_CHDIR  17 MSG_LIST   path           PathRequest
//	             S 18 MSG_LIST_REPL   names, each with a NUL                ListReply
//
//	versions 2,3 C 25 MSG_STORE_V2  26 MSG_RETR_V2   48 bytes               Transfer
//	             C 31 MSG_FILENAME    path, right behind 25 or 26           Filename
//	version 2    S 28 MSG_TRANS_OK_V2                48 bytes               Transfer
//	             C 29 MSG_TRANS_START_V2  42 MSG_TRANS_SIMUL   ports        ActiveStart
//	version 3    S 45 MSG_TRANS_OK_V3  48 bytes, then uncounted ports (2)   Transfer
//	             C 43 MSG_TRANS_START_V3  44 MSG_TRANS_SIMUL_V3  nothing (3) PassiveStart
//	versions 2,3 C 33 MSG_MKDIR_V2  34 MSG_CHDIR_V2  35 MSG_LIST_V2  46 MSG_RM  47 MSG_STAT  48 MSG_DF   options, path   PathCommand
//	             C 32 MSG_CHUMASK  37 MSG_CHCOS      int32                  IntCommand
//	             S 36 MSG_LIST_REPL_V2  names and types, each with a NUL    ListReplyV2
//	             C 27 MSG_ABORT  40 MSG_CLOSE_CONN   nothing                Signal
//	all          C 19 MSG_CREATE_ZERO (1)                                   Signal
//
//	data stream  raw bytes, or blocks {code int32 0 stored | 1 zlib, length int32, data}   BlockHeader
//	             then the receiver of the data answers 4 MSG_ACK (1)        ReadAck, AppendAck
//
//	(1) msglen means nothing and no body follows
//	(2) unless the file is empty; msglen says 48, 4 bytes for each stream follow those 48
//	(3) msglen is 4 × streams and no body follows
//
// Who speaks when:
//
//	S Crypt → C Log → S Reply → C Signal(MSG_PROT) → S ProtRange → C ProtChoice → commands      (no MSG_PROT: version 1)
//	V1 store     C FileRequest → data → S Reply
//	V1 retrieve  C FileRequest → S RetrOK → C Signal(MSG_RETR_START) → data → S Reply
//	V2, V3       C Transfer, Filename → S Transfer → C ActiveStart | PassiveStart → data → S Reply
//
// [Parse] and [Read] decode; every message's Append encodes. What parses encodes to the same bytes again: fields that no peer looks at, and
// a msglen that lies, are kept as they came. Parsing checks what is needed to take a message apart; the Validate methods check what a
// peer asks for. Every length is checked against a limit before memory is taken. A failure is an [Error].
package wire
