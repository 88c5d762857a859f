package storage

import (
	"fmt"
	"testing"
)

// BenchmarkStore makes a file, writes it and puts it in place of the one before:
// what is not the network's part of receiving one, and what Sync adds to it.
func BenchmarkStore(b *testing.B) {
	for _, size := range []int{64 << 10, 64 << 20} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(i)
		}
		for _, n := range []NewFile{{}, {Sync: true}, {Sparse: true}} {
			b.Run(fmt.Sprintf("%dKiB/sync=%v,sparse=%v", size>>10, n.Sync, n.Sparse), func(b *testing.B) {
				tree, err := Open(b.TempDir(), Limits{})
				if err != nil {
					b.Fatal(err)
				}
				defer tree.Close()
				n.Size, n.Perm = int64(size), 0o600
				b.SetBytes(n.Size)
				for b.Loop() {
					p, err := tree.Create("/f", n)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := p.File().WriteAt(content, 0); err != nil {
						b.Fatal(err)
					}
					if err := p.Commit(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkStoreNew makes small files under names that are free.
func BenchmarkStoreNew(b *testing.B) {
	for form, open := range map[string]func(b *testing.B) (tree *Tree, top string){
		"confined": func(b *testing.B) (*Tree, string) {
			tree, err := Open(b.TempDir(), Limits{})
			if err != nil {
				b.Fatal(err)
			}
			return tree, "/"
		},
		"unconfined": func(b *testing.B) (*Tree, string) { return Unconfined(Limits{}), b.TempDir() + "/" },
	} {
		b.Run(form, func(b *testing.B) {
			tree, top := open(b)
			defer tree.Close()
			content := make([]byte, 4<<10)
			n := 0
			for b.Loop() {
				n++
				p, err := tree.Create(fmt.Sprintf("%sf%d", top, n), NewFile{Size: int64(len(content)), Perm: 0o600})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.File().WriteAt(content, 0); err != nil {
					b.Fatal(err)
				}
				if err := p.Commit(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
