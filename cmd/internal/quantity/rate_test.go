package quantity_test

import (
	"strings"
	"testing"

	"bbftp/cmd/internal/quantity"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "0MB": 0, "1000": 1000, "2000B": 2000, "5k": 5000, "5K": 5000, "1.5M": 1_500_000, "2G": 2e9, "1t": 1e12,
		"100MB": 100e6, "100 MB": 100e6, "100MB/s": 100e6, "100 MB/s": 100e6, "1kB": 1000, "1KiB": 1024, "12.5MiB/s": 13_107_200, "1GiB": 1 << 30,
		"8000bit": 1000, "1gbit": 125e6, "1Gbit": 125e6, "2.5gbit": 312_500_000, "1Gbit/s": 125e6, "100mbit": 12_500_000, ".5Gbit": 62_500_000,
		"8000/s": 8000,
	} {
		if got, err := quantity.Rate(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestRateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":        "want bytes per second",
		"fast":    "want bytes per second",
		"-1MB":    "want bytes per second",
		"1e9":     "want bytes per second",
		"0x10":    "want bytes per second",
		"inf":     "want bytes per second",
		"1MB/h":   "want bytes per second",
		"1MBs":    "want bytes per second",
		"1000TB ": "want bytes per second",
		"9999TB":  "want bytes per second",
		"100":     "less than 1 kB",
		"5 blob":  "want bytes per second",
		"999B":    "less than 1 kB",
		"1bit":    "less than 1 kB",
		"10Mb":    "may be bits or bytes: write bit or B instead of b",
		"10gb":    "may be bits or bytes",
		"10mib":   "may be bits or bytes",
	} {
		if got, err := quantity.Rate(text); err == nil || !strings.Contains(err.Error(), want) || text != "" && !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %d, %v, want an error with %q", text, got, err, want)
		}
	}
}

func FuzzRate(f *testing.F) {
	for _, text := range []string{"", "0", "100MB", "1gbit", "10Mb", "1.5GiB/s", "9999TB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := quantity.Rate(text); err != nil && n != 0 || n < 0 || n > 1e15 {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	})
}
