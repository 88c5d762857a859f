package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"bbftp/bench/trial"
)

// iperf3 moves as many bytes from memory to memory, which is what the network
// alone allows. Its figures are made as everybody's: the bytes that arrived by
// the time from the client's start to its end.
type iperf3 struct{}

func (iperf3) Name() string { return Iperf3 }

func (iperf3) Version(ctx context.Context) (string, error) {
	path, err := lookUp("iperf3")
	if err != nil {
		return "", err
	}
	line, err := firstLine(ctx, path, "--version")
	if err != nil {
		return "", err
	}
	return line + ", memory to memory", nil
}

// maxIperf3Streams is what iperf3 allows (its MAX_STREAMS).
const maxIperf3Streams = 128

func (iperf3) Supports(c trial.Cell) error {
	if err := common(c); err != nil {
		return err
	}
	switch {
	case c.Version != 0:
		return errors.New("iperf3 does not speak bbftp's protocol")
	case c.Compressed:
		return errors.New("iperf3 does not compress")
	case c.Files > 0:
		return errors.New("iperf3 moves no files")
	case c.Streams > maxIperf3Streams:
		return fmt.Errorf("iperf3 has at most %d streams, not %d", maxIperf3Streams, c.Streams)
	case c.Path == trial.Network:
		return errors.New("iperf3 needs a server of its own at the other end")
	}
	return nil
}

func iperf3ServerArgs(at netip.AddrPort) []string {
	return []string{"-s", "-B", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "--forceflush"}
}

// iperf3ClientArgs asks for the sums alone, without figures per interval.
func iperf3ClientArgs(c trial.Cell, at netip.AddrPort, size int64) []string {
	args := []string{
		"-c", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "-J", "-i", "0",
		"-n", strconv.FormatInt(size, 10), "-P", strconv.Itoa(c.Streams),
	}
	if c.Direction == trial.Get {
		args = append(args, "-R")
	}
	if c.Window > 0 {
		args = append(args, "-w", strconv.FormatInt(c.Window, 10))
	}
	if c.Congestion != "" {
		args = append(args, "-C", c.Congestion)
	}
	return args
}

func (p iperf3) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := p.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	path, err := lookUp("iperf3")
	if err != nil {
		return Outcome{}, err
	}
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	at, err := freePort(j.Server)
	if err != nil {
		return Outcome{}, err
	}
	var once sync.Once
	listening := make(chan string, 1)
	server, err := start(j.Server, program{
		name: "iperf3 server", cmd: exec.Command(path, iperf3ServerArgs(at)...),
		stdout: func(line string) {
			if strings.HasPrefix(line, "Server listening") {
				once.Do(func() { listening <- line })
			}
		},
	})
	if err != nil {
		return Outcome{}, err
	}
	defer server.stop()
	if _, err := announced(ctx, server, listening); err != nil {
		return Outcome{}, err
	}
	var said text
	client, err := start(j.Client, program{
		name: "iperf3", cmd: exec.Command(path, iperf3ClientArgs(j.Cell, at, s.size)...),
		stdout: said.add,
	})
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, client, server)
	server.stop()
	o := finished(client, server)
	report, parsed := parseIperf3(said.String())
	switch {
	case err != nil && report.Error != "":
		return o, fmt.Errorf("iperf3: %s", report.Error)
	case err != nil:
		return o, err
	case parsed != nil:
		return o, client.failed(parsed)
	}
	o.Bytes, o.DataPort = report.End.Received.Bytes, report.dataPort
	o.Warnings = report.warnings(j.Cell)
	if report.Error != "" {
		return o, fmt.Errorf("iperf3: %s", report.Error)
	}
	return o, nil
}

// iperf3Report is what of -J is needed.
type iperf3Report struct {
	Start struct {
		Connected []struct {
			LocalPort  int `json:"local_port"`
			RemotePort int `json:"remote_port"`
		} `json:"connected"`
		SendBuffer    int64 `json:"sndbuf_actual"`
		ReceiveBuffer int64 `json:"rcvbuf_actual"`
	} `json:"start"`
	End struct {
		Received struct {
			Bytes   int64   `json:"bytes"`
			Seconds float64 `json:"seconds"`
		} `json:"sum_received"`
	} `json:"end"`
	Error string `json:"error"`
}

func parseIperf3(text string) (iperf3Report, error) {
	var r iperf3Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("read its report: %w", err)
	}
	if r.Error == "" && r.End.Received.Bytes <= 0 {
		return r, errors.New("its report says that nothing arrived")
	}
	return r, nil
}

// dataPort knows the data connections by the client's ports.
func (r iperf3Report) dataPort(local, remote int) bool {
	for _, c := range r.Start.Connected {
		if (c.LocalPort == local && c.RemotePort == remote) || (c.LocalPort == remote && c.RemotePort == local) {
			return true
		}
	}
	return false
}

func (r iperf3Report) warnings(c trial.Cell) []string {
	if c.Window == 0 {
		return nil
	}
	if cut := capped(c.Window); cut != "" {
		return []string{cut}
	}
	return nil
}

// The ports that freePort chooses from, below those that systems give to whoever
// asks for any (ip_local_port_range): only who asks for this very one can take it
// before the server does.
const (
	firstPort = 10_000
	ports     = 20_000
	portTries = 100
)

// freePort finds a port on a host for a server that can't find one itself.
func freePort(h Host) (at netip.AddrPort, err error) {
	for range portTries {
		at = netip.AddrPortFrom(h.Addr(), uint16(firstPort+rand.IntN(ports)))
		err = h.Do(func() error {
			l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
			if err != nil {
				return err
			}
			return l.Close()
		})
		if err == nil {
			return at, nil
		}
	}
	return at, fmt.Errorf("find a free port: %w", err)
}

// text is what a program wrote, for programs that write one document.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

// textLimit bounds a document, in bytes.
const textLimit = 16 << 20

func (t *text) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() < textLimit {
		t.b.WriteString(line)
		t.b.WriteByte('\n')
	}
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
