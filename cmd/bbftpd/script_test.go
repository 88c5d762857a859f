package main

import (
	"testing"

	"bbftp/cmd/internal/programtest"
)

func TestScripts(t *testing.T) { programtest.Run(t, "testdata/script", nil) }
