//go:build amd64 && !purego

package kernel

type adamLoop func(w, grad, m, v *float32, n uint64, beta1, rest1, beta2, rest2, rate, epsilon float32)

func adamBy(loop adamLoop) func(w, g, m, v []float32, s AdamStep) {
	return func(w, g, m, v []float32, s AdamStep) {
		if n := len(w); n > 0 {
			_, _, _ = g[n-1], m[n-1], v[n-1]
			loop(&w[0], &g[0], &m[0], &v[0], uint64(n), s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.Rate, s.Epsilon)
		}
	}
}

// each makes a kernel of a loop along one slice.
func each(loop func(dst, x *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			loop(&dst[0], &src[0], uint64(n))
		}
	}
}

// pairs makes a kernel of a loop along two slices.
func pairs(loop func(dst, x, y *float32, n uint64)) func(dst, x, y []float32) {
	return func(dst, x, y []float32) {
		if n := len(x); n > 0 {
			_, _ = dst[n-1], y[n-1]
			loop(&dst[0], &x[0], &y[0], uint64(n))
		}
	}
}

func addBy(loop func(dst, x, y *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			loop(&dst[0], &dst[0], &src[0], uint64(n))
		}
	}
}
