package server

type deviation struct {
	session string
	answer  int
	ours    []event
	reason  string
}

var deviations = []deviation{}
