package kernel

// LSTMCell is one step of n LSTM cells. Gates holds four planes of n numbers: input i, forget f,
// candidate g, output o.
//
//	i, f, o = sigmoid(i, f, o), g = tanh(g)
//	Cells = f Before + i g
//	Squashed = tanh(Cells)
//	Hidden = o Squashed
type LSTMCell struct {
	Gates    []float32 // [4][n]: replaced by their activations
	Before   []float32 // [n]: state before the step
	Cells    []float32 // [n]
	Squashed []float32 // [n]
	Hidden   []float32 // [n]
}

func (c *LSTMCell) check() int {
	n := len(c.Hidden)
	_, _, _, _ = c.Gates[:4*n], c.Before[:n], c.Cells[:n], c.Squashed[:n]
	return n
}

func lstm(c LSTMCell) {
	n := c.check()
	for e := range n {
		i, f := sigmoid(c.Gates[e]), sigmoid(c.Gates[n+e])
		g, o := tanh(c.Gates[2*n+e]), sigmoid(c.Gates[3*n+e])
		c.Gates[e], c.Gates[n+e], c.Gates[2*n+e], c.Gates[3*n+e] = i, f, g, o
		c.Cells[e] = fma(f, c.Before[e], i*g)
		c.Squashed[e] = tanh(c.Cells[e])
		c.Hidden[e] = c.Squashed[e] * o
	}
}

// LSTMBack is one step of n LSTM cells backward.
type LSTMBack struct {
	Gates    []float32 // [4][n]: activations, replaced by ∂L/∂gates before the activations
	Before   []float32 // [n]
	Squashed []float32 // [n]
	DHidden  []float32 // [n]: ∂L/∂Hidden
	DCells   []float32 // [n]: ∂L/∂Cells, replaced by ∂L/∂Before
}

func (c *LSTMBack) check() int {
	n := len(c.DCells)
	_, _, _, _ = c.Gates[:4*n], c.Before[:n], c.Squashed[:n], c.DHidden[:n]
	return n
}

func lstmBack(c LSTMBack) {
	n := c.check()
	for e := range n {
		i, f, g, o := c.Gates[e], c.Gates[n+e], c.Gates[2*n+e], c.Gates[3*n+e]
		dh, s := c.DHidden[e], c.Squashed[e]
		dc := fma(fma(-s, s, 1), dh*o, c.DCells[e])
		c.Gates[e] = (dc * g) * fma(-i, i, i)
		c.Gates[n+e] = (dc * c.Before[e]) * fma(-f, f, f)
		c.Gates[2*n+e] = (dc * i) * fma(-g, g, 1)
		c.Gates[3*n+e] = (dh * s) * fma(-o, o, o)
		c.DCells[e] = dc * f
	}
}
