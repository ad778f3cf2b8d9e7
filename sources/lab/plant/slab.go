package plant

// slab hands out slices of one element type cut from large blocks, so that a million objects do not become a hundred million allocations.
type slab[T any] struct {
	free []T
	size int // of the block that is being cut up
}

// The blocks grow, so that the rest of a block that is too small for what comes next is little.
const (
	slabBlock    = 1 << 14
	largestBlock = 1 << 16
)

// take gives a zeroed slice of n elements that cannot grow into its neighbour.
func (s *slab[T]) take(n int) []T {
	if len(s.free) < n {
		s.size = min(max(2*s.size, slabBlock), largestBlock)
		s.free = make([]T, max(n, s.size))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

// keep copies values into the slab.
func (s *slab[T]) keep(values []T) []T {
	out := s.take(len(values))
	copy(out, values)
	return out
}
