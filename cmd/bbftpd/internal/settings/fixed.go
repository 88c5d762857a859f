package settings

// fixed are the settings that only a new start changes.
var fixed = []string{
	"system-accounts", "run-as", "port", "bind", "mass-storage", "mass-storage-limit",
	"log", "log-format", "audit", "metrics",
}

// Fixed names the settings that only a new start changes and that o and those of the
// start disagree on.
func (o *Options) Fixed(started *Options) []string {
	var names []string
	before, after := started.table(), o.table()
	for _, name := range fixed {
		if setting(before, name).String() != setting(after, name).String() {
			names = append(names, name)
		}
	}
	return names
}
