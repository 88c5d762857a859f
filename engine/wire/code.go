package wire

import "strconv"

// Code is the number of a control message (wire.md 2). The constants are declared with the message types.
type Code int32

// String returns the protocol's name of a code, "MSG_STORE", or "code 99" for a number without one.
// Code 20 is MSG_LOGGED_STDIN as well as MSG_WARN.
func (c Code) String() string {
	if c < 0 || int(c) >= len(names) || names[c] == "" {
		return "code " + strconv.Itoa(int(c))
	}
	return names[c]
}

var names = [...]string{
	MsgOK:           "MSG_OK",
	MsgLog:          "MSG_LOG",
	MsgStore:        "MSG_STORE",
	MsgBad:          "MSG_BAD",
	MsgAck:          "MSG_ACK",
	MsgStoreC:       "MSG_STORE_C",
	MsgCrypt:        "MSG_CRYPT",
	MsgRetr:         "MSG_RETR",
	MsgRetrC:        "MSG_RETR_C",
	MsgRetrOK:       "MSG_RETR_OK",
	MsgRetrRFIO:     "MSG_RETR_RFIO",
	MsgRetrRFIOC:    "MSG_RETR_RFIO_C",
	MsgRetrStart:    "MSG_RETR_START",
	MsgAbr:          "MSG_ABR",
	MsgBadNoRetry:   "MSG_BAD_NO_RETRY",
	MsgMkdir:        "MSG_MKDIR",
	MsgChdir:        "MSG_CHDIR",
	MsgList:         "MSG_LIST",
	MsgListRepl:     "MSG_LIST_REPL",
	MsgCreateZero:   "MSG_CREATE_ZERO",
	MsgLoggedStdin:  "MSG_LOGGED_STDIN",
	MsgIPAddr:       "MSG_IPADDR",
	MsgIPAddrOK:     "MSG_IPADDR_OK",
	MsgProt:         "MSG_PROT",
	MsgProtAns:      "MSG_PROT_ANS",
	MsgStoreV2:      "MSG_STORE_V2",
	MsgRetrV2:       "MSG_RETR_V2",
	MsgAbort:        "MSG_ABORT",
	MsgTransOKV2:    "MSG_TRANS_OK_V2",
	MsgTransStartV2: "MSG_TRANS_START_V2",
	MsgInfo:         "MSG_INFO",
	MsgFilename:     "MSG_FILENAME",
	MsgChumask:      "MSG_CHUMASK",
	MsgMkdirV2:      "MSG_MKDIR_V2",
	MsgChdirV2:      "MSG_CHDIR_V2",
	MsgListV2:       "MSG_LIST_V2",
	MsgListReplV2:   "MSG_LIST_REPL_V2",
	MsgChcos:        "MSG_CHCOS",
	MsgPrivLog:      "MSG_PRIV_LOG",
	MsgPrivData:     "MSG_PRIV_DATA",
	MsgCloseConn:    "MSG_CLOSE_CONN",
	MsgCertLog:      "MSG_CERT_LOG",
	MsgTransSimul:   "MSG_TRANS_SIMUL",
	MsgTransStartV3: "MSG_TRANS_START_V3",
	MsgTransSimulV3: "MSG_TRANS_SIMUL_V3",
	MsgTransOKV3:    "MSG_TRANS_OK_V3",
	MsgRm:           "MSG_RM",
	MsgStat:         "MSG_STAT",
	MsgDf:           "MSG_DF",
	MsgServerStatus: "MSG_SERVER_STATUS",
	MsgTLS:          "MSG_TLS",
}

// Sender is the side that wrote a message. It decides what MSG_CRYPT and MSG_PROT_ANS look like and which codes may come at all.
type Sender uint8

// The two sides of a control connection.
const (
	Client Sender = iota
	Server
)

// String returns "client" or "server".
func (s Sender) String() string {
	if s == Client {
		return "client"
	}
	return "server"
}
