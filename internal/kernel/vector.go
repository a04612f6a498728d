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

func add(dst, src []float32) {
	for i, x := range src {
		dst[i] += x
	}
}

func bytes(dst []float32, src []uint8, scale, shift float32) {
	for i, x := range src {
		dst[i] = fma(float32(x), scale, shift)
	}
}
