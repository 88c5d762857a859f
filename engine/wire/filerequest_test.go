package wire_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

func TestNewFileRequest(t *testing.T) {
	m, err := wire.NewFileRequest(wire.MsgStore, "plain.bin", 300, local, []uint16{48065, 60133})
	if err != nil || m != fileRequest(wire.MsgStore, 576, "plain.bin", 300, 48065, 60133) {
		t.Errorf("%+v, %v", m, err)
	}
	for _, addr := range []netip.Addr{{}, netip.IPv6Loopback()} {
		if m, err := wire.NewFileRequest(wire.MsgRetr, "a", 0, addr, []uint16{1}); err != nil || m.Sockaddr != [16]byte{2} {
			t.Errorf("address %v is sent as %x, %v", addr, m.Sockaddr, err)
		}
	}
	if m, err := wire.NewFileRequest(wire.MsgRetr, "a", 0, netip.MustParseAddr("::ffff:127.0.0.1"), []uint16{1}); err != nil || !bytes.Equal(m.Sockaddr[4:8], local.AsSlice()) {
		t.Errorf("mapped address is sent as %x, %v", m.Sockaddr, err)
	}

	name := strings.Repeat("n", 499)
	m, err = wire.NewFileRequest(wire.MsgRetr, name, 0, local, slices.Repeat([]uint16{65535}, 10))
	if got, nameErr := m.FileName(); err != nil || nameErr != nil || got != name {
		t.Errorf("name of 499 bytes: %q, %v, %v", got, err, nameErr)
	}
	if ports, err := m.ListenPorts(); err != nil || len(ports) != 10 || ports[9] != 65535 {
		t.Errorf("ports %v, %v", ports, err)
	}

	for _, c := range []struct {
		kind   wire.Code
		name   string
		size   int64
		ports  int
		cause  error
		offset int
	}{
		{wire.MsgStore, "", 1, 1, wire.ErrString, 8},
		{wire.MsgStore, name + "n", 1, 1, wire.ErrString, 8},
		{wire.MsgStore, "a\x00b", 1, 1, wire.ErrString, 8},
		{wire.MsgStore, "a", -1, 1, wire.ErrSize, 512},
		{wire.MsgStoreC, "a", -1, 1, wire.ErrSize, 512},
		{wire.MsgStore, "a", 1, 0, wire.ErrCount, 540},
		{wire.MsgRetr, "a", 0, 0, wire.ErrCount, 540},
		{wire.MsgStore, "a", 1, 11, wire.ErrCount, 540},
		{wire.MsgStore, "a", 0, 11, wire.ErrCount, 540},
	} {
		_, err := wire.NewFileRequest(c.kind, c.name, c.size, local, slices.Repeat([]uint16{1}, c.ports))
		wantError(t, err, c.cause, c.offset)
	}
	_, err = wire.NewFileRequest(wire.MsgRetr, "a", 0, local, []uint16{1, 2, 0})
	wantError(t, err, wire.ErrPort, 552)
}

func TestFileRequestValidate(t *testing.T) {
	valid := func(kind wire.Code, size int64, count int32) error {
		m := fileRequest(kind, 576, "a", size, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
		m.Count = count
		return m.Validate()
	}
	for _, kind := range []wire.Code{wire.MsgStore, wire.MsgStoreC, wire.MsgRetr, wire.MsgRetrC, wire.MsgRetrRFIO, wire.MsgRetrRFIOC} {
		store := kind == wire.MsgStore || kind == wire.MsgStoreC
		for _, count := range []int32{1, 10} {
			for _, size := range []int64{0, 1, 1<<63 - 1} {
				if err := valid(kind, size, count); err != nil {
					t.Errorf("%v: size %d, %d streams: %v", kind, size, count, err)
				}
			}
		}
		for _, count := range []int32{-1 << 31, -1, 0, 11, 1<<31 - 1} {
			wantError(t, valid(kind, 1, count), wire.ErrCount, 540)
			if err := valid(kind, 0, count); count != 0 || !store {
				wantError(t, err, wire.ErrCount, 540)
			} else if err != nil {
				t.Errorf("%v: empty file without stream: %v", kind, err)
			}
		}
		for _, size := range []int64{-1, -1 << 63} {
			if err := valid(kind, size, 1); store {
				wantError(t, err, wire.ErrSize, 512)
			} else if err != nil {
				t.Errorf("%v: size %d, which counts for nothing: %v", kind, size, err)
			}
		}
	}

	m := fileRequest(wire.MsgRetr, 576, strings.Repeat("x", 500), 0, 1)
	wantError(t, m.Validate(), wire.ErrString, 8)
	m.Name[499] = 0
	if err := m.Validate(); err != nil {
		t.Errorf("NUL in the last byte: %v", err)
	}
	m.Name[0] = 0
	wantError(t, m.Validate(), wire.ErrString, 8)

	// Only the low 16 bits are the port; entries beyond the count may hold anything.
	m = fileRequest(wire.MsgRetr, 576, "a", 0, 0x10001, -1, 0)
	m.Count = 2
	if ports, err := m.ListenPorts(); err != nil || !slices.Equal(ports, []uint16{1, 65535}) {
		t.Errorf("%v, %v", ports, err)
	}
	m.Ports[1] = 0x10000
	wantError(t, m.Validate(), wire.ErrPort, 548)
}

func TestRetrOKValidate(t *testing.T) {
	if err := (wire.RetrOK{Size: 0}).Validate(); err != nil {
		t.Error(err)
	}
	wantError(t, wire.RetrOK{Size: -1}.Validate(), wire.ErrSize, 8)
}
