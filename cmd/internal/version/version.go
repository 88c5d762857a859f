// Package version names the release the programs belong to.
package version

// Release is what --version and the greeting show.
const Release = "4.0.0"

// build is set by the linker to the commit the programs were made from.
var build = "unknown"

// Build returns the commit the programs were made from.
func Build() string { return build }
