package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"bbftp/engine/wire"
)

// translate blanks, in a message of ours and the recorded one, what no recording
// can know (Replay, "Testing a server", in the transcripts' README).
func (p *player) translate(got, want []byte) (_, _ []byte) {
	ours, _, err := wire.Parse(got, wire.Server)
	theirs, _, theirErr := wire.Parse(want, wire.Server)
	if err != nil || theirErr != nil || ours.Code() != theirs.Code() {
		return got, want
	}
	switch ours := ours.(type) {
	case wire.Crypt:
		return maskKey(got), maskKey(want)
	case wire.Transfer:
		theirs := theirs.(wire.Transfer)
		clear(ours.Ports)
		clear(theirs.Ports)
		return ours.Append(nil), theirs.Append(nil)
	case wire.ListReplyV2:
		theirs := theirs.(wire.ListReplyV2)
		inOrder(ours.Entries)
		inOrder(theirs.Entries)
		return ours.Append(nil), theirs.Append(nil)
	case wire.LoggedStdin:
		return got, wire.LoggedStdin{Port: int32(p.port) + 1}.Append(nil)
	case wire.Reply:
		theirs := theirs.(wire.Reply)
		ours.Text, theirs.Text = p.translateText(ours.Text, theirs.Text)
		return ours.Append(nil), theirs.Append(nil)
	}
	return got, want
}

// inOrder sorts a listing, whose order is the file system's.
func inOrder(entries []wire.ListEntry) {
	slices.SortFunc(entries, func(a, b wire.ListEntry) int { return strings.Compare(a.Path, b.Path) })
}

// temporary is how the recorded server names files that are not complete.
var temporary = regexp.MustCompile(`\.bbftp\.tmp\.\S+`)

func (p *player) translateText(got, want string) (_, _ string) {
	switch p.asked.Kind {
	case wire.MsgStat:
		return p.translateStat(got, want)
	case wire.MsgDf:
		return numbers.ReplaceAllString(got, "numbers"), numbers.ReplaceAllString(want, "numbers")
	}
	want = strings.Replace(want, "default port 5021\n", fmt.Sprintf("default port %d\n", p.port), 1)
	return got, temporary.ReplaceAllString(want, "")
}

var (
	// numbers are the six of MSG_DF.
	numbers = regexp.MustCompile(`^\d+ \d+ \d+ \d+ \d+ \d+$`)
	// statLine has the fields of MSG_STAT (wire.md 8.5).
	statLine = regexp.MustCompile(`^(\d+) (0[0-7]+) (\d+) (\d+) (\d+)  (\d+) (\d+) \((.{24})\) \((.{24})\) \((.{24})\)$`)
)

// translateStat leaves of MSG_STAT what is not the file system's matter: the
// mode, and a file's size and times. The owner and the inode must be true.
func (p *player) translateStat(got, want string) (_, _ string) {
	ours, theirs := statLine.FindStringSubmatch(got), statLine.FindStringSubmatch(want)
	if ours == nil || theirs == nil {
		return got, want
	}
	name := p.asked.Path
	if !path.IsAbs(name) {
		name = path.Join(p.dir, name)
	}
	info, err := os.Stat(p.root + name)
	if err != nil {
		return got, err.Error()
	}
	stat := info.Sys().(*syscall.Stat_t)
	theirs[1], theirs[4] = fmt.Sprint(stat.Ino), fmt.Sprint(stat.Blksize)
	theirs[6], theirs[7] = fmt.Sprint(stat.Uid), fmt.Sprint(stat.Gid)
	theirs[5] = ours[5] // blocks
	changing := ours[10:]
	if info.IsDir() {
		theirs[3] = fmt.Sprint(info.Size())
		changing = ours[8:]
	}
	for i, text := range changing {
		if _, err := time.Parse(time.ANSIC, text); err != nil {
			return got, err.Error()
		}
		theirs[len(theirs)-len(changing)+i] = text
	}
	return strings.Join(ours[1:], " "), strings.Join(theirs[1:], " ")
}

const (
	modulusAt  = wire.HeaderSize + 12 + 4 + 1 // past the leading zero byte
	modulusLen = 128
)

// maskKey blanks the random part of a MSG_CRYPT in the one size that both
// legacy and our server send.
func maskKey(b []byte) []byte {
	if len(b) != wire.HeaderSize+12+133+7 || binary.BigEndian.Uint32(b) != uint32(wire.MsgCrypt) {
		return b
	}
	b = bytes.Clone(b)
	clear(b[modulusAt : modulusAt+modulusLen])
	return b
}
