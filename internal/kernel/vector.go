package kernel

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

func finite(x []float32) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}
