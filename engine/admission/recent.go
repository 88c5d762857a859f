package admission

import (
	"container/list"
	"net/netip"
)

// remembered is of how many networks one thing is known.
const remembered = 4096

// recent is what is known of some networks. Its memory is bounded: of more than
// remembered it forgets the one that was not asked for longest.
type recent[T any] struct {
	known map[netip.Prefix]*list.Element
	order list.List // of *about[T], the latest first
}

type about[T any] struct {
	network netip.Prefix
	what    T
}

// of is what is known of a network, as the latest; of a new one the zero value.
func (r *recent[T]) of(network netip.Prefix) *T {
	if e := r.known[network]; e != nil {
		r.order.MoveToFront(e)
		return &e.Value.(*about[T]).what
	}
	if r.known == nil {
		r.known = make(map[netip.Prefix]*list.Element)
	}
	if len(r.known) == remembered {
		delete(r.known, r.order.Remove(r.order.Back()).(*about[T]).network)
	}
	one := &about[T]{network: network}
	r.known[network] = r.order.PushFront(one)
	return &one.what
}

// look is what is known of a network, nil for nothing.
func (r *recent[T]) look(network netip.Prefix) *T {
	if e := r.known[network]; e != nil {
		return &e.Value.(*about[T]).what
	}
	return nil
}

func (r *recent[T]) forget(network netip.Prefix) {
	if e := r.known[network]; e != nil {
		r.order.Remove(e)
		delete(r.known, network)
	}
}
