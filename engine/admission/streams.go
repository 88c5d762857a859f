package admission

// Streams asks for n more data streams. The error is ErrStreams.
func (v *Visit) Streams(n int) (release func(), err error) {
	g := v.gate
	if g == nil || n <= 0 {
		return func() {}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case v.left, v.user == nil, // nobody any more, or not yet
		g.limits.Streams > 0 && g.streams+n > g.limits.Streams,
		v.most > 0 && v.user.streams+n > v.most:
		return nil, ErrStreams
	}
	v.giveBack(-n)
	released := false // guarded by g.mu
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if !released && !v.left {
			v.giveBack(n)
		}
		released = true
	}, nil
}

// AtMost is n, or less where even somebody alone could not have so many data streams.
func (v *Visit) AtMost(n int) int {
	g := v.gate
	if g == nil {
		return n
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, most := range [...]int{g.limits.Streams, v.most} {
		if most > 0 {
			n = min(n, most)
		}
	}
	return n
}

func (v *Visit) giveBack(n int) {
	v.held -= n
	v.user.streams -= n
	v.gate.streams -= n
}
