package main

import "testing"

func TestConnectionOfSSH(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                             {"invalid IP", "invalid IP"},
		"10.0.0.1 4711 10.0.0.2 22":    {"10.0.0.1", "10.0.0.2"},
		"::ffff:10.0.0.1 1 fe80::1 22": {"10.0.0.1", "fe80::1"},
		"10.0.0.1 4711 10.0.0.2":       {"invalid IP", "invalid IP"},
		"host 4711 10.0.0.2 22":        {"invalid IP", "10.0.0.2"},
	} {
		if got := connectionOfSSH(text); got.client.String() != want[0] || got.server.String() != want[1] {
			t.Errorf("%q: %v", text, got)
		}
	}
}
