package kernel

import "slices"

func relu(dst, src []float32) {
	for i, x := range src {
		if x <= 0 {
			x = 0
		}
		dst[i] = x
	}
}

func reluBack(dst, y, dy []float32) {
	for i, v := range y {
		if v > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}

func sigmoidBack(dst, y, dy []float32) {
	for i, v := range y {
		dst[i] = dy[i] * fma(-v, v, v)
	}
}

func tanhBack(dst, y, dy []float32) {
	for i, v := range y {
		dst[i] = dy[i] * fma(-v, v, 1)
	}
}

func add(dst, src []float32) {
	for i, x := range src {
		dst[i] += x
	}
}

func scale(dst, src []float32, factor float32) {
	for i, x := range src {
		dst[i] = x * factor
	}
}

func blend(dst, src []float32, keep, share float32) {
	for i, x := range src {
		dst[i] = float32(keep*dst[i]) + float32(share*x)
	}
}

func finite(x []float32) bool { return !slices.ContainsFunc(x, nonFinite) }

func nonFinite(v float32) bool { return v-v != 0 }

// FirstNonFinite returns the index of the first NaN or infinity in x, or -1.
func FirstNonFinite(x []float32) int {
	if Default().Finite(x) {
		return -1
	}
	return slices.IndexFunc(x, nonFinite)
}
