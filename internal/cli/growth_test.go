package cli

import "testing"

// Small heaps may grow by 64 MB, but not more than tenfold; large ones double.
func TestGrowth(t *testing.T) {
	const mb = 1 << 20
	for live, want := range map[uint64]int{0: 1000, mb: 1000, 6 * mb: 1000, 8 * mb: 800, 20 * mb: 300, 32 * mb: 200, 40 * mb: 150, 64 * mb: 100, 1 << 40: 100} {
		if got := growth(live); got != want {
			t.Errorf("%d MB: %d %%, want %d", live/mb, got, want)
		}
	}
}
