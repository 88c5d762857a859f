package server

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"bbftp/engine/recorded"
)

// clientDir is where the recorded clients ran, and the servers they started
// through a shell.
const clientDir = "/mnt/client"

// smallDisk is where the recorded servers had a file system of 256 KiB.
const smallDisk = "/mnt/small"

// What the transcripts do not say: what lay in the home directory, if not the
// files to get. "sub/" is a directory, "a>b" a link to b, "a=b" has the content
// that other transcripts give to b.
var present = map[string][]string{
	"v1_list_chdir_mkdir":  {"m1.dat", "m2.dat", "sub/", "sub/m3.dat"},
	"v1_prot_ans_1":        {"m1.dat"},
	"v1_retr_abr":          {"m1.dat"},
	"v1_retr_errors":       {"sub/"},
	"v1_retr_rfio":         {"m1.dat"},
	"v1_retr_rfio_nobody":  {"m1.dat"},
	"v1_retr_zero":         {"zero.dat"},
	"v1_store_errors":      {"sub/"},
	"v1_unknown":           {"m1.dat"},
	"v1_unknown_pipelined": {"m1.dat"},
	"hand_v1first_list":    {"m1.dat"},

	"hand_v3_commands":                {"m1.dat", "m2.dat"},
	"hand_v3_get_buffer0":             {"m1.dat"},
	"hand_v3_get_nbstream0":           {"r600k.dat"},
	"hand_v3_list_errors":             {"sub/"},
	"hand_v3_list_nomatch_after_list": {"m1.dat", "m2.dat"},
	"hand_v3_list_nomatch_first":      {"m1.dat", "m2.dat"},
	"hand_v3_rm_directory":            {"sub/"},
	"hand_v3_zero_trans_start":        {"zero.dat"},

	"nocrypt_get_zero":      {"zero.dat"},
	"nocrypt_mget":          {"m1.dat", "m2.dat", "m3.dat=zero.dat"},
	"v2_get_bad_local":      {"m1.dat"},
	"v2_get_zero":           {"zero.dat"},
	"v3_cd":                 {"sub/", "sub/m1.dat"},
	"v3_df":                 {smallDisk + "/"},
	"v3_dir":                {"m1.dat", "m3.dat", "mlink.dat>m1.dat", "mbroken.dat>nowhere", "mdir/", "mdirlink.dat>mdir"},
	"v3_get_directory":      {"sub/"},
	"v3_get_rfio":           {"one.dat"},
	"v3_get_zero":           {"zero.dat"},
	"v3_get_zero_bad_local": {"zero.dat"},
	"v3_mget":               {"m1.dat", "m2.dat", "m3.dat=zero.dat", "mlink.dat>m1.dat", "mbroken.dat>nowhere", "mdir/", "mdirlink.dat>mdir"},
	"v3_mkdir_exists":       {"newdir/"},
	"v3_put_onto_directory": {"sub/"},
	"v3_put_onto_readonly":  {"m1.dat"},
	"v3_rm":                 {"m1.dat"},
	"v3_stat":               {"m1.dat"},
	"ssh_A_put_p1":          {clientDir + "/r100k.dat"},
	"ssh_A_v2_put_p1":       {clientDir + "/r100k.dat"},
	"ssh_put_p1":            {clientDir + "/r100k.dat"},
}

var presentContents = recorded.Contents{
	"m1.dat":    recorded.Random(11, 1000),
	"m2.dat":    recorded.Random(12, 2000),
	"m3.dat":    recorded.Random(13, 1000),
	"one.dat":   recorded.Random(1, 1),
	"r100k.dat": recorded.Random(2, 100_000),
	"r600k.dat": recorded.Random(5, 600_000),
	"zero.dat":  recorded.Random(0, 0),
}

// The modes of what lay there, where they are not the usual. Nobody but root
// could read the unreadable one.
var presentModes = map[string]fs.FileMode{
	"v3_get_unreadable":    0,
	"v3_put_onto_readonly": 0o444,
}

// What the sessions made besides files.
var made = map[string][]string{
	"hand_v3_commands":      {"dd"},
	"nocrypt_misc":          {"d"},
	"nocrypt_put_createdir": {"a", "a/b", "a/b/c"},
	"v1_list_chdir_mkdir":   {"newdir"},
	"v3_mkdir":              {"newdir", "d1", "d1/d2", "d1/d2/d3"},
}

// And what they removed.
var removed = map[string][]string{
	"hand_v3_commands": {home + "/m1.dat"},
	"v3_rm":            {home + "/m1.dat"},
}

// tree says what must be in the tree before and after.
func (tr *transcript) tree(r *recording) error {
	for _, name := range present[tr.Name] {
		r.given = append(r.given, r.presentEntry(name))
	}
	for i, f := range tr.Transfers {
		there := func(e entry) bool { return path.Base(e.path) == path.Base(f.Filename) }
		put := func(earlier recorded.Transfer) bool { return earlier.Op == "put" && earlier.Filename == f.Filename }
		if f.Op != "get" || slices.ContainsFunc(r.given, there) || slices.ContainsFunc(tr.Transfers[:i], put) {
			continue
		}
		r.given = append(r.given, entry{path: path.Join(home, f.Filename), mode: 0o644, of: f.Source})
	}
	if mode, ok := presentModes[tr.Name]; ok {
		r.given[0].mode = mode
	}
	for _, name := range made[tr.Name] {
		mode := fs.FileMode(0o755)
		if strings.HasPrefix(tr.Name, "v1_") {
			mode = 0o750
		}
		r.left = append(r.left, entry{path: home + "/" + name, mode: mode | fs.ModeDir})
	}
	r.gone = removed[tr.Name]
	r.small = strings.HasSuffix(tr.Name, "put_fulldisk")
	return tr.filesAfter(r)
}

// presentEntry is what a name in the table stands for.
func (r *recording) presentEntry(name string) entry {
	name, link, isLink := strings.Cut(name, ">")
	name, of, isOf := strings.Cut(name, "=")
	e := entry{path: strings.TrimSuffix(name, "/"), mode: 0o755 | fs.ModeDir}
	if !path.IsAbs(e.path) {
		e.path = home + "/" + e.path
	}
	switch {
	case isLink:
		e.mode, e.of = 0o777|fs.ModeSymlink, link
	case !strings.HasSuffix(name, "/"):
		if !isOf {
			of = path.Base(name)
		}
		e.mode, e.of = 0o644, of
		if _, known := r.contents[of]; !known {
			r.contents[of] = presentContents[of]
		}
	}
	return e
}

// filesAfter takes over what the recorder found afterwards, the client's files
// aside.
func (tr *transcript) filesAfter(r *recording) error {
	for _, name := range slices.Sorted(maps.Keys(tr.Result.FilesAfter)) {
		f := tr.Result.FilesAfter[name]
		given := func(e entry) bool { return e.path == name }
		if slices.ContainsFunc(r.given, given) || r.shell == noShell && strings.HasPrefix(name, clientDir+"/") {
			continue
		}
		mode, err := recorded.ParseMode(f.Mode)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.left = append(r.left, entry{path: name, mode: mode, size: f.Size, sum: f.SHA256, times: f.MTime != 0})
	}
	return nil
}
