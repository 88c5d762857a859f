package wire

import "math"

// Limits on what a peer may announce (wire.md 1.1). Lengths are in bytes.
const (
	MaxString      = 64 << 10 // a path, text, key or token; legacy has no limit
	MaxPathV1      = 575      // a version 1 path; legacy overruns its buffer at 576
	MaxNameV1      = 499      // a version 1 file name, the NUL not counted
	MaxStreamsV1   = 10       // data streams of one version 1 transfer
	MaxStreams     = 1000     // data streams of one version 2 or 3 transfer; legacy servers allow 25 by default
	MaxList        = 16 << 20 // the body of a listing
	MaxListEntries = 1 << 20  // the entries of a listing
)

// form says how one side sends one message: the msglen it may announce, and what really follows the header.
type form struct {
	minLen, maxLen int32
	step           int32 // msglen is a multiple of it
	tooLong        error // the cause reported beyond maxLen
	follows        int32 // bytes after the header; asAnnounced: msglen is true
	decode         func(h Header, body []byte) (Message, error)
}

const asAnnounced = -1

type decoder = func(h Header, body []byte) (Message, error)

// counted is a message whose msglen is true and lies in [minLen, maxLen].
func counted(minLen, maxLen int32, d decoder) form {
	return form{minLen: minLen, maxLen: maxLen, step: 1, tooLong: ErrLength, follows: asAnnounced, decode: d}
}

// records is a counted message made of pieces of step bytes.
func records(minLen, maxLen, step int32, d decoder) form {
	f := counted(minLen, maxLen, d)
	f.step = step
	return f
}

// exactly is a message of one true length.
func exactly(n int32, d decoder) form { return counted(n, n, d) }

// always is a message whose msglen nobody looks at: n bytes follow whatever it says.
func always(n int32, d decoder) form {
	return form{minLen: math.MinInt32, maxLen: math.MaxInt32, step: 1, follows: n, decode: d}
}

func pathV1() form {
	f := counted(0, MaxPathV1, decodePathRequest)
	f.tooLong = ErrPathTooLong
	return f
}

func privRecords() form { return records(privRecordSize, MaxString, privRecordSize, decodePrivData) }

// forms is the whole protocol: what each side may send (wire.md 1.2 and 2). A form without decoder is never sent by that side.
var forms = [...]struct{ client, server form }{
	MsgOK:           {server: counted(0, MaxString, decodeReply)},
	MsgLog:          {client: exactly(LogSize, decodeLog)},
	MsgStore:        {client: always(FileRequestSize, decodeFileRequest)},
	MsgBad:          {server: counted(0, MaxString, decodeReply)},
	MsgAck:          {client: always(0, decodeSignal), server: always(0, decodeSignal)},
	MsgStoreC:       {client: always(FileRequestSize, decodeFileRequest)},
	MsgCrypt:        {client: always(0, decodeSignal), server: counted(cryptFixed, MaxString, decodeCrypt)},
	MsgRetr:         {client: always(FileRequestSize, decodeFileRequest)},
	MsgRetrC:        {client: always(FileRequestSize, decodeFileRequest)},
	MsgRetrOK:       {server: exactly(8, decodeRetrOK)},
	MsgRetrRFIO:     {client: always(FileRequestSize, decodeFileRequest)},
	MsgRetrRFIOC:    {client: always(FileRequestSize, decodeFileRequest)},
	MsgRetrStart:    {client: always(0, decodeSignal)},
	MsgAbr:          {client: always(0, decodeSignal)},
	MsgBadNoRetry:   {client: counted(0, MaxString, decodeReply), server: counted(0, MaxString, decodeReply)},
	MsgMkdir:        {client: pathV1()},
	MsgChdir:        {client: pathV1()},
	MsgList:         {client: pathV1()},
	MsgListRepl:     {server: counted(0, MaxList, decodeListReply)},
	MsgCreateZero:   {client: always(0, decodeSignal)},
	MsgLoggedStdin:  {server: counted(0, MaxString, decodeCode20)},
	MsgIPAddr:       {client: records(0, 4, 4, decodeIPAddr), server: records(0, 4, 4, decodeIPAddr)},
	MsgIPAddrOK:     {client: records(0, 4, 4, decodeIPAddr), server: records(0, 4, 4, decodeIPAddr)},
	MsgProt:         {client: always(0, decodeSignal)},
	MsgProtAns:      {client: exactly(4, decodeProtChoice), server: exactly(8, decodeProtRange)},
	MsgStoreV2:      {client: exactly(TransferSize, decodeTransfer)},
	MsgRetrV2:       {client: exactly(TransferSize, decodeTransfer)},
	MsgAbort:        {client: exactly(0, decodeSignal)},
	MsgTransOKV2:    {server: exactly(TransferSize, decodeTransfer)},
	MsgTransStartV2: {client: records(0, 4*MaxStreams, 4, decodeActiveStart)},
	MsgInfo:         {server: counted(0, MaxString, decodeReply)},
	MsgFilename:     {client: counted(0, MaxString, decodeFilename)},
	MsgChumask:      {client: exactly(4, decodeIntCommand)},
	MsgMkdirV2:      {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgChdirV2:      {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgListV2:       {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgListReplV2:   {server: counted(0, MaxList, decodeListReplyV2)},
	MsgChcos:        {client: exactly(4, decodeIntCommand)},
	MsgPrivLog:      {client: counted(cryptFixed, MaxString, decodePrivLog)},
	MsgPrivData:     {client: privRecords(), server: privRecords()},
	MsgCloseConn:    {client: exactly(0, decodeSignal)},
	MsgCertLog:      {client: always(0, decodeSignal)},
	MsgTransSimul:   {client: records(0, 4*MaxStreams, 4, decodeActiveStart)},
	MsgTransStartV3: {client: always(0, decodePassiveStart)},
	MsgTransSimulV3: {client: always(0, decodePassiveStart)},
	MsgTransOKV3:    {server: exactly(TransferSize, decodeTransfer)},
	MsgRm:           {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgStat:         {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgDf:           {client: counted(4, 4+MaxString, decodePathCommand)},
	MsgServerStatus: {client: always(0, decodeSignal)},
	MsgTLS:          {client: always(0, decodeSignal)},
}

// formOf looks up what a header promises. Its errors mean that nothing behind the header has been looked at.
func formOf(h Header, from Sender) (form, error) {
	var f form
	if h.Code >= 0 && int(h.Code) < len(forms) {
		if from == Client {
			f = forms[h.Code].client
		} else {
			f = forms[h.Code].server
		}
	}
	switch {
	case f.decode == nil:
		return f, fail(h.Code, 0, ErrUnknownCode, "sent by %v", from)
	case h.Len > f.maxLen:
		return f, fail(h.Code, 4, f.tooLong, "msglen %d", h.Len)
	case h.Len < f.minLen || h.Len%f.step != 0:
		return f, fail(h.Code, 4, ErrLength, "msglen %d", h.Len)
	}
	if f.follows == asAnnounced {
		f.follows = h.Len
	}
	return f, nil
}

// uncounted returns how many bytes follow a body beyond those of its form: the port list of a MSG_TRANS_OK_V3 is in no msglen.
func uncounted(h Header, body []byte) (int, error) {
	if h.Code != MsgTransOKV3 || int64At(body, 0) == 0 {
		return 0, nil
	}
	n := int32At(body, transferStreamsOffset)
	if n < 0 || n > MaxStreams {
		return 0, fail(h.Code, HeaderSize+transferStreamsOffset, ErrCount, "%d streams", n)
	}
	return 4 * int(n), nil
}
