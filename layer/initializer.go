package layer

import (
	"math"

	"braid"
	"braid/tensor"
)

// zeros leaves a weight at zero.
func zeros([]float32, tensor.Shape, braid.Draw) {}

// constant fills a weight with one number.
func constant(value float32) braid.Initializer {
	return func(values []float32, _ tensor.Shape, _ braid.Draw) {
		for i := range values {
			values[i] = value
		}
	}
}

// uniform draws from the uniform distribution in [-limit, limit).
func uniform(limit float64) braid.Initializer {
	return func(values []float32, _ tensor.Shape, draw braid.Draw) {
		for i := range values {
			values[i] = float32(limit * (2*float64(draw.Unit(uint64(i))) - 1))
		}
	}
}

// glorotUniform is uniform with limit sqrt(6 / (fan in + fan out)): Glorot and Bengio,
// "Understanding the difficulty of training deep feedforward neural networks", 2010.
func glorotUniform(values []float32, shape tensor.Shape, draw braid.Draw) {
	in, out := fans(shape)
	uniform(math.Sqrt(6/(in+out)))(values, shape, draw)
}

// orthogonal draws an orthogonal matrix [rows, columns]. Vectors along the longer axis, from the
// normal distribution, are made orthonormal by modified Gram-Schmidt, run twice. The result is the
// Q of a QR decomposition with a positive diagonal: Saxe, McClelland and Ganguli, "Exact solutions
// to the nonlinear dynamics of learning", 2014.
func orthogonal(values []float32, shape tensor.Shape, draw braid.Draw) {
	rows, columns := shape[0], shape[1]
	short, long := min(rows, columns), max(rows, columns)
	vectors := make([][]float64, short)
	for i := range vectors {
		v := make([]float64, long)
		for j := range v {
			v[j] = float64(draw.Normal(uint64(i*long + j)))
		}
		for range 2 {
			for _, u := range vectors[:i] {
				overlap := dot(u, v)
				for j := range v {
					v[j] -= float64(overlap * u[j]) // the conversion forbids fusing
				}
			}
		}
		length := math.Sqrt(dot(v, v))
		for j := range v {
			v[j] /= length
		}
		vectors[i] = v
	}
	for r := range rows {
		for c := range columns {
			if rows <= columns {
				values[r*columns+c] = float32(vectors[r][c])
			} else {
				values[r*columns+c] = float32(vectors[c][r])
			}
		}
	}
}

func dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}
