package main

import (
	"testing"

	// The scripts run programs that go build makes, which the test cache does
	// not see: what they are made of has to be imported here.
	_ "bbftp/cmd/bbftp/legacy"
	_ "bbftp/cmd/bbftp/modern"
	"bbftp/cmd/internal/programtest"
	_ "bbftp/engine/server"
)

func TestScripts(t *testing.T) { programtest.Run(t, "testdata/script", nil) }
