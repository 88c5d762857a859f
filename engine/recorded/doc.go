// Package recorded reads recorded sessions of real peers, as fixtures for
// conformance tests: the recorder's transcripts, and the words of the compact
// text that tests carry in their place. What an event of a session means to the
// side under test is for that side's own tests to say.
//
// Only tests may import it (engine/imports_test.go holds that).
package recorded
