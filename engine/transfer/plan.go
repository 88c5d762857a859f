package transfer

// Segment is the byte range of a file that one data stream carries.
type Segment struct {
	Offset, Length int64
}

// Split divides size bytes over n streams the way every version of the
// protocol does (wire.md 6.2): equal parts, the remainder on the last. With
// more streams than bytes the first ones carry nothing.
func Split(size int64, n int) []Segment {
	segments := make([]Segment, n)
	part := size / int64(n)
	for i := range segments {
		segments[i] = Segment{Offset: int64(i) * part, Length: part}
	}
	segments[n-1].Length = size - part*int64(n-1)
	return segments
}
