package faults

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// disk is the file system that a row's target is on.
type disk func(dir string, megabytes int) error

func memory(dir string, megabytes int) error {
	return unix.Mount("faults", dir, "tmpfs", 0, fmt.Sprintf("mode=777,size=%dm", megabytes))
}

// ext4 on a loop device goes read-only when it finds itself damaged.
func ext4(dir string, megabytes int) error {
	image := dir + ".image"
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(image, int64(megabytes)<<20); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"mkfs.ext4", "-q", "-F", "-m", "0", "-E", "root_owner=65534:65534", image},
		{"mount", "-n", "-o", "loop,errors=remount-ro", image, dir},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", args[0], err, out)
		}
	}
	return os.Chmod(dir, 0o777)
}

// targets is where the row's target is to be.
func (s *scene) targets() string { return filepath.Dir(s.to) }

// on puts the target's directory on a disk of its own.
func on(d disk, megabytes int) func(*scene) error {
	return func(s *scene) error {
		dir := s.targets()
		if err := d(dir, megabytes); err != nil {
			return err
		}
		s.t.Cleanup(func() {
			_ = unix.Unmount(dir, unix.MNT_DETACH)
			_ = os.Remove(dir + ".image")
		})
		return nil
	}
}

// fill leaves no byte free.
func fill(s *scene) bool {
	f, err := os.Create(filepath.Join(s.targets(), "filler"))
	if err != nil {
		s.wrong(err)
		return false
	}
	defer func() { _ = f.Close() }()
	for _, size := range []int{1 << 20, 4096, 1} {
		piece := make([]byte, size)
		for err = nil; err == nil; {
			_, err = f.Write(piece)
		}
		if !errors.Is(err, unix.ENOSPC) {
			s.wrong(err)
		}
	}
	return false
}

func makeRoom(s *scene) error { return os.Remove(filepath.Join(s.targets(), "filler")) }

func remount(flags uintptr) func(*scene) error {
	return func(s *scene) error { return unix.Mount("", s.targets(), "", unix.MS_REMOUNT|flags, "") }
}

func becomeReadOnly(s *scene) bool {
	if err := remount(unix.MS_RDONLY)(s); err != nil {
		s.wrong(err)
	}
	return false
}

// damage makes ext4 believe that it found itself damaged: it goes read-only
// under files that are open for writing, which nothing else does.
func damage(s *scene) bool {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		s.wrong(err)
		return false
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); fields[1] == s.targets() && fields[2] == "ext4" {
			err = os.WriteFile(filepath.Join("/sys/fs/ext4", filepath.Base(fields[0]), "trigger_fs_error"), []byte("a test"), 0)
		}
	}
	if err != nil {
		s.wrong(err)
	}
	return false
}

// replaceDisk puts a sound one in the place of a damaged one.
func replaceDisk(s *scene) error {
	if err := unix.Unmount(s.targets(), unix.MNT_DETACH); err != nil {
		return err
	}
	return memory(s.targets(), 16)
}

// disks are file systems that refuse.
func disks() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for _, gzip := range []bool{false, true} {
				role, refused := "server", []string{refusedUntouched}
				if operation == get {
					role, refused = "client", []string{failedUntouched}
				}
				base := row{role: role, version: version, operation: operation, gzip: gzip, tries: 3, allowed: refused}
				add := func(fault string, at step, d disk, megabytes int, change func(*row)) {
					r := base
					r.fault, r.step, r.before, r.size = fault, at, on(d, megabytes), usual
					change(&r)
					rows = append(rows, &r)
				}
				add("disk full", loggedIn, memory, 5, func(r *row) { r.strike, r.repair = fill, makeRoom })
				add("disk full", middle, memory, 6, func(r *row) { r.strike, r.repair = fill, makeRoom })
				add("disk full, space was allocated", middle, ext4, 16, func(r *row) { r.strike, r.repair, r.allowed = fill, makeRoom, []string{doneWhole} })
				add("read-only file system", loggedIn, memory, 16, func(r *row) { r.strike, r.repair = becomeReadOnly, remount(0) })
				add("file system goes read-only, damaged", middle, ext4, 16, func(r *row) { r.strike, r.repair = damage, replaceDisk })
				add("quota exceeded, at the allocation", requestSent, ext4, 16, overQuota)
				add("quota exceeded, while writing", requestSent, memory, 16, overQuota)
			}
		}
	}
	return rows
}

// overQuota has the kernel refuse one side what goes beyond a quota.
func overQuota(r *row) {
	r.strike = func(*scene) bool { return false } // from the beginning
	r.wrap = func(s *scene) (server, client []string) {
		if s.operation == put {
			return []string{"/proc/self/exe", quotaArgument}, nil
		}
		return nil, []string{"/proc/self/exe", quotaArgument}
	}
}
