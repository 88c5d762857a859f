package wire_test

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// sample is one message as bytes, mostly from wire.md 12, and as the value they stand for.
type sample struct {
	from wire.Sender
	hex  string
	msg  wire.Message
}

const (
	zeros8   = " 00000000 00000000"
	example  = "00000000 0000000c 0000000f 000001a0 3361376238333732 3361376238333732 00000100 00000100 00000100 00000001" // a V3 store of 12 bytes
	exampleB = "00000000 0000fa00 0000000f 000001a4 3662303239303733 3662303239303733 00000100 00000100 00000010 00000003" // a V2 store of 64000 bytes
	empty    = "00000000 00000000 00000000 00000000 0000000000000000 0000000000000000 00000100 00000100 00000100 00000001"
)

func exampleTransfer(kind wire.Code, ports ...int32) wire.Transfer {
	return wire.Transfer{
		Kind: kind, Size: 12, Options: wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir, Mode: 0o640,
		Accessed: wire.Timestamp([]byte("3a7b8372")), Modified: wire.Timestamp([]byte("3a7b8372")),
		SendWindow: 256, RecvWindow: 256, BufferSize: 256, Streams: 1, Ports: ports,
	}
}

func emptyTransfer(kind wire.Code) wire.Transfer {
	return wire.Transfer{Kind: kind, SendWindow: 256, RecvWindow: 256, BufferSize: 256, Streams: 1}
}

func exampleTransferV2(kind wire.Code) wire.Transfer {
	m := exampleTransfer(kind)
	m.Size, m.Mode, m.BufferSize, m.Streams = 64000, 0o644, 16, 3
	m.Accessed, m.Modified = wire.Timestamp([]byte("6b029073")), wire.Timestamp([]byte("6b029073"))
	return m
}

func fileRequest(kind wire.Code, msgLen int32, name string, size int64, ports ...int32) wire.FileRequest {
	m := wire.FileRequest{Kind: kind, Len: msgLen, Size: size, Count: int32(len(ports))}
	copy(m.Name[:], name)
	copy(m.Sockaddr[:], "\x02\x00\x00\x00\x7f\x00\x00\x01")
	copy(m.Ports[:], ports)
	return m
}

func fileRequestHex(header, name, size, count, ports string) string {
	return header + pad(name, 500) + " 00000000 " + size + " 00000000 02000000 7f000001" + zeros8 + count + pad(ports, 40)
}

// pad fills hexadecimal bytes with zeros up to n bytes.
func pad(hexBytes string, n int) string {
	h := strings.ReplaceAll(hexBytes, " ", "")
	return h + strings.Repeat("00", n-len(h)/2)
}

func ascii(s string) string { return hex.EncodeToString([]byte(s)) }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func clearLog() wire.Log {
	m := wire.Log{UserLen: 6, PassLen: 6}
	copy(m.User[:], "bbuser")
	copy(m.Pass[:], "secret")
	return m
}

func rsaLog() wire.Log {
	m := wire.Log{Type: wire.CryptRSA, Unused: [8]byte{0x0a, 0x0a, 0x0a, 0x0a, 0x0f}, UserLen: 128, PassLen: 128}
	for i := range m.User {
		m.User[i], m.Pass[i] = 0x0e, 0x22
	}
	return m
}

func privData() wire.PrivData {
	m := wire.PrivData{Records: []wire.PrivRecord{{Len: 128}, {Len: 127}}}
	m.Records[0].Ciphertext[127] = 1
	m.Records[1].Ciphertext[0] = 2
	return m
}

var (
	modulus = "00c8" + strings.Repeat("a5", 127)
	local   = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	dir     = wire.FileType{' ', 'd'}
	file    = wire.FileType{' ', 'f'}
)

// samples has every message of wire.md 2 from every side that may send it.
var samples = []sample{
	{wire.Server, "00000000 0000001c" + ascii("bbftpd version 3.3.0-11 : OK"), wire.Reply{Kind: wire.MsgOK, Text: "bbftpd version 3.3.0-11 : OK"}},
	{wire.Server, "00000000 00000002 4f4b", wire.Reply{Kind: wire.MsgOK, Text: "OK"}},
	{wire.Server, "00000000 00000000", wire.Reply{Kind: wire.MsgOK}},
	{wire.Server, "00000003 00000029" + ascii("Error on server: Connection reset by peer"), wire.Reply{Kind: wire.MsgBad, Text: "Error on server: Connection reset by peer"}},
	{wire.Server, "0000000e 00000012" + ascii("Incorrect password"), wire.Reply{Kind: wire.MsgBadNoRetry, Text: "Incorrect password"}},
	{wire.Client, "0000000e 00000000", wire.Reply{Kind: wire.MsgBadNoRetry}},
	{wire.Server, "0000001e 00000003" + ascii("big"), wire.Reply{Kind: wire.MsgInfo, Text: "big"}},
	{wire.Server, "00000014 00000005" + ascii("/tmp "), wire.Reply{Kind: wire.MsgWarn, Text: "/tmp "}},

	{wire.Server, "00000006 00000098 00000002 00000085 00000007 00000081" + modulus + "00000003 010001", wire.Crypt{Type: wire.CryptRSA, Modulus: mustHex(modulus), Exponent: []byte{1, 0, 1}}},
	{wire.Server, "00000006 00000096 00000002 00000085 00000005 00000081" + modulus + "00000001 03", wire.Crypt{Type: wire.CryptRSA, Modulus: mustHex(modulus), Exponent: []byte{3}}},
	{wire.Server, "00000006 0000000c 00000000 00000000 00000000", wire.Crypt{}},
	{wire.Client, "00000006 00000000", wire.Signal{Kind: wire.MsgCrypt}},
	{wire.Client, "00000006 00000114", wire.Signal{Kind: wire.MsgCrypt, Len: wire.LogSize}},
	{wire.Client, "00000001 00000114 00000000 00000000 00000000" + pad(ascii("bbuser"), 128) + pad(ascii("secret"), 128) + "00000006 00000006", clearLog()},
	{wire.Client, "00000001 00000114 00000002 0a0a0a0a 0f000000" + strings.Repeat("0e", 128) + strings.Repeat("22", 128) + "00000080 00000080", rsaLog()},
	{wire.Client, "00000031 00000114", wire.Signal{Kind: wire.MsgServerStatus, Len: wire.LogSize}},
	{wire.Client, "0000005a 00000000", wire.Signal{Kind: wire.MsgTLS}},
	{wire.Server, "00000006 0000000c 00000102 00000000 00000000", wire.Crypt{Type: wire.CryptRSA | wire.CryptTLS}},
	{wire.Client, "00000026 00000016 00000002 00000005 00000005 00000001 11 00000001 03", wire.PrivLog{Type: wire.CryptRSA, Modulus: []byte{0x11}, Exponent: []byte{3}}},
	{wire.Client, "00000027 00000108" + strings.Repeat("00", 127) + "01 00000080 02" + strings.Repeat("00", 127) + "0000007f", privData()},
	{wire.Server, "00000027 00000108" + strings.Repeat("00", 127) + "01 00000080 02" + strings.Repeat("00", 127) + "0000007f", privData()},
	{wire.Client, "00000029 0000000c", wire.Signal{Kind: wire.MsgCertLog, Len: 12}},

	{wire.Server, "00000014 00000004 000014ca", wire.LoggedStdin{Port: 5322}},
	{wire.Client, "00000015 00000000", wire.IPAddr{Kind: wire.MsgIPAddr}},
	{wire.Server, "00000015 00000004 7f000001", wire.IPAddr{Kind: wire.MsgIPAddr, Addr: local}},
	{wire.Server, "00000016 00000000", wire.IPAddr{Kind: wire.MsgIPAddrOK}},
	{wire.Client, "00000016 00000004 7f000001", wire.IPAddr{Kind: wire.MsgIPAddrOK, Addr: local}},

	{wire.Client, "00000017 00000000", wire.Signal{Kind: wire.MsgProt}},
	{wire.Server, "00000018 00000008 00000001 00000003", wire.ProtRange{Min: 1, Max: 3}},
	{wire.Client, "00000018 00000004 00000003", wire.ProtChoice{Version: 3}},

	{
		wire.Client, fileRequestHex("00000002 00000240", ascii("plain.bin"), "00000000 0000012c", "00000002", "0000bbc1 0000eae5"),
		fileRequest(wire.MsgStore, 576, "plain.bin", 300, 48065, 60133),
	},
	{wire.Client, fileRequestHex("00000005 00000000", ascii("a"), zeros8, "00000000", ""), fileRequest(wire.MsgStoreC, 0, "a", 0)},
	{wire.Client, fileRequestHex("00000007 00000240", ascii("a"), zeros8, "00000001", "0000bbc1"), fileRequest(wire.MsgRetr, 576, "a", 0, 48065)},
	{wire.Client, fileRequestHex("00000008 ffffffff", ascii("a"), zeros8, "00000001", "0000bbc1"), fileRequest(wire.MsgRetrC, -1, "a", 0, 48065)},
	{wire.Client, fileRequestHex("0000000a 7fffffff", ascii("a"), zeros8, "00000001", "0000bbc1"), fileRequest(wire.MsgRetrRFIO, 1<<31-1, "a", 0, 48065)},
	{wire.Client, fileRequestHex("0000000b 00000240", ascii("a"), zeros8, "00000001", "0000bbc1"), fileRequest(wire.MsgRetrRFIOC, 576, "a", 0, 48065)},
	{wire.Server, "00000009 00000008 00000000 0000012c", wire.RetrOK{Size: 300}},
	{wire.Client, "0000000c 00000000", wire.Signal{Kind: wire.MsgRetrStart}},
	{wire.Client, "0000000d 00000000", wire.Signal{Kind: wire.MsgAbr}},
	{wire.Client, "00000013 00000000", wire.Signal{Kind: wire.MsgCreateZero}},
	{wire.Client, "0000000f 0000000d 763170726f62652e3236353630", wire.PathRequest{Kind: wire.MsgMkdir, Path: "v1probe.26560"}},
	{wire.Client, "00000010 00000001 2f", wire.PathRequest{Kind: wire.MsgChdir, Path: "/"}},
	{wire.Client, "00000011 00000005 2a2e62696e", wire.PathRequest{Kind: wire.MsgList, Path: "*.bin"}},
	{wire.Server, "00000012 00000000", wire.ListReply{}},
	{wire.Server, "00000012 00000012" + ascii("comp.bin\x00zero.bin\x00"), wire.ListReply{Names: []string{"comp.bin", "zero.bin"}}},

	{wire.Client, "00000019 00000030" + example, exampleTransfer(wire.MsgStoreV2)},
	{wire.Client, "0000001a 00000030" + empty, emptyTransfer(wire.MsgRetrV2)},
	{wire.Client, "0000001f 00000005 682e747874", wire.Filename{Path: "h.txt"}},
	{wire.Client, "0000001f 00000000", wire.Filename{}},
	{wire.Server, "0000001c 00000030" + exampleB, exampleTransferV2(wire.MsgTransOKV2)},
	{wire.Server, "0000002d 00000030" + example + "00009c40", exampleTransfer(wire.MsgTransOKV3, 40000)},
	{wire.Server, "0000002d 00000030" + empty, emptyTransfer(wire.MsgTransOKV3)},
	{wire.Client, "0000001d 0000000c 0000a410 0000a411 0000a412", wire.ActiveStart{Kind: wire.MsgTransStartV2, Ports: wire.Ports{42000, 42001, 42002}}},
	{wire.Client, "0000002a 00000004 0000aec5", wire.ActiveStart{Kind: wire.MsgTransSimul, Ports: wire.Ports{44741}}},
	{wire.Client, "0000002b 00000004", wire.NewPassiveStart(wire.MsgTransStartV3, 1)},
	{wire.Client, "0000002c 0000000c", wire.NewPassiveStart(wire.MsgTransSimulV3, 3)},
	{wire.Client, "0000001b 00000000", wire.Signal{Kind: wire.MsgAbort}},
	{wire.Client, "00000028 00000000", wire.Signal{Kind: wire.MsgCloseConn}},
	{wire.Client, "00000022 00000005 0000000f 2f", wire.PathCommand{Kind: wire.MsgChdirV2, Options: 15, Path: "/"}},
	{wire.Client, "00000021 00000006 0000000f 7431", wire.PathCommand{Kind: wire.MsgMkdirV2, Options: 15, Path: "t1"}},
	{wire.Client, "0000002e 0000000a 0000000f 68322e747874", wire.PathCommand{Kind: wire.MsgRm, Options: 15, Path: "h2.txt"}},
	{wire.Client, "0000002f 00000009 0000000f 682e747874", wire.PathCommand{Kind: wire.MsgStat, Options: 15, Path: "h.txt"}},
	{wire.Client, "00000030 00000005 0000000f 2e", wire.PathCommand{Kind: wire.MsgDf, Options: 15, Path: "."}},
	{wire.Client, "00000023 00000007 80000020 2e2f2a", wire.PathCommand{Kind: wire.MsgListV2, Options: 1<<31 | wire.OptRFIO, Path: "./*"}},
	{
		wire.Server, "00000024 00000030 2e2f2e00206400 2e2f682e74787400206600 2e2f7a65726f00206600 2e2f2e2e00206400 2e2f68322e74787400206600",
		wire.ListReplyV2{Entries: []wire.ListEntry{{"./.", dir}, {"./h.txt", file}, {"./zero", file}, {"./..", dir}, {"./h2.txt", file}}},
	},
	{wire.Server, "00000024 00000000", wire.ListReplyV2{}},
	{wire.Client, "00000020 00000004 00000017", wire.IntCommand{Kind: wire.MsgChumask, Value: 0o27}},
	{wire.Client, "00000025 00000004 00000005", wire.IntCommand{Kind: wire.MsgChcos, Value: 5}},
	{wire.Client, "00000004 00000000", wire.Signal{Kind: wire.MsgAck}},
	{wire.Server, "00000004 00000000", wire.Signal{Kind: wire.MsgAck}},
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
