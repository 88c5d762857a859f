package legacy

import (
	"io"
	"os"

	"bbftp/engine/command"
)

// script returns the commands to run. Without HOST they name it (TURLs); the
// last one counts.
func (o *options) script() ([]string, error) {
	lines := command.Split(o.commands)
	if o.controlFile != "" {
		text, err := readControlFile(o.controlFile)
		if err != nil {
			return nil, err
		}
		lines = command.Lines(text)
	}
	if o.host == "" {
		site := command.Site{Port: o.port, MassStorage: o.settings.MassStorage}
		var plain []string
		for _, line := range lines {
			translated, err := site.Translate(line)
			if err != nil {
				return nil, misusef(24, "Unable to parse command  : %s (%w)", line, err)
			}
			plain = append(plain, translated...)
		}
		o.host, o.port, lines = site.Host, site.Port, plain
	}
	// Mass storage needs a class of service before the first command.
	if o.remoteClass == nil && usesMassStorage(lines) {
		o.remoteClass = new(int32)
	}
	return lines, nil
}

func readControlFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", misusef(200, "Error opening file %s : %s", name, cause(err))
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		return "", misusef(201, "Error reading file %s : %s", name, cause(err))
	}
	return string(text), nil
}

func usesMassStorage(lines []string) bool {
	for _, line := range lines {
		c, err := command.Parse(line)
		if err == nil && c.Verb == command.SetOption && c.Args[0] == "remoterfio" {
			return true
		}
	}
	return false
}
