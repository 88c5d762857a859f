package scenario

import "bbftp/bench/trial"

func (s *Scenario) setDefaults() {
	s.inherit(Scenario{
		Peers: []string{"bbftp"}, Version: []int{1}, Direction: []string{trial.Put}, Kind: []string{"random"},
		Files: []int{1}, Storage: []string{""}, Compression: []bool{false}, Streams: []int{1}, Window: []Window{0},
		RTT: []Time{0}, Rate: []Rate{0}, Loss: []Share{0}, Jitter: []Time{0}, Queue: []Queue{{BDPs: 1}}, Congestion: []string{""},
	})
	for i := range s.Parts {
		s.Parts[i].inherit(*s)
	}
	defaultValue(&s.Path, trial.Emulated)
	if s.Path == trial.Network {
		defaultValue(&s.Target.Port, defaultPort)
	}
	r := &s.Repeats
	defaultValue(&r.Min, min(6, max(r.Max, 6)))
	if r.Max == 0 {
		r.Max = max(15, r.Min)
	}
	r.Min = min(r.Min, r.Max)
	defaultValue(&r.Interval, 0.05)
	defaultValue(&r.Seed, 1)
	defaultValue(&r.TimeLimit, defaultTimeLimit)
	if r.WarmUp == nil {
		one := 1
		r.WarmUp = &one
	}
}

// inherit takes from another scenario what this one leaves out of the work.
func (s *Scenario) inherit(from Scenario) {
	inheritList(&s.Peers, from.Peers)
	inheritList(&s.Version, from.Version)
	inheritList(&s.Direction, from.Direction)
	inheritList(&s.Kind, from.Kind)
	inheritList(&s.Files, from.Files)
	inheritList(&s.Storage, from.Storage)
	inheritList(&s.Compression, from.Compression)
	inheritList(&s.Streams, from.Streams)
	inheritList(&s.Window, from.Window)
	inheritList(&s.RTT, from.RTT)
	inheritList(&s.Rate, from.Rate)
	inheritList(&s.Loss, from.Loss)
	inheritList(&s.Jitter, from.Jitter)
	inheritList(&s.Queue, from.Queue)
	inheritList(&s.Congestion, from.Congestion)
	if s.Size == 0 && s.Duration == 0 {
		s.Size, s.Duration = from.Size, from.Duration
	}
	if s.Duration > 0 {
		defaultValue(&s.Size, 4<<30)
	}
}

func inheritList[T any](list *[]T, from []T) {
	if len(*list) == 0 {
		*list = from
	}
}

func defaultValue[T comparable](v *T, value T) {
	var none T
	if *v == none {
		*v = value
	}
}
