package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/internal/random"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// layerContest returns the contest of all measured layers. One process of a contender measures all.
func layerContest() contest {
	var names []string
	for _, l := range measuredLayers {
		names = append(names, l.name)
	}
	read := medianOf(names...)
	return contest{"layers", []contender{
		braidJob(braid1, names, "-do", "layers", "-budget", "100ms"),
		{torch1, func(ctx context.Context, l *lab) (command, error) {
			t, err := l.pytorch(ctx)
			if err != nil {
				return command{}, err
			}
			c := t.script(l.script("layers.py"), threads{1, 1}, layerArguments()...)
			c.read = read
			return c, nil
		}},
	}}
}

// layerArguments returns NAME=INPUTS,ROWS,... for each layer, such as Add=2,32,64,128.
func layerArguments() []string {
	var list []string
	for _, l := range measuredLayers {
		text := l.name + "=" + strconv.Itoa(l.inputs)
		for _, n := range l.batch {
			text += "," + strconv.Itoa(n)
		}
		list = append(list, text)
	}
	return list
}

// layers prints the median time of a forward pass, a backward pass and all gradients of each layer.
func (j job) layers(out io.Writer) error {
	times := readings{}
	for _, l := range measuredLayers {
		passes, err := l.passes()
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		list, err := repeat(j.budget, passes)
		if err != nil {
			return err
		}
		times[l.name] = median(list)
	}
	return json.NewEncoder(out).Encode(times)
}

// passes returns a function that runs all passes of the layer in one worker.
func (l measuredLayer) passes() (func() error, error) {
	rows, g := l.batch[0], braid.NewGraph("layer")
	var inputs []*braid.Node
	filled := false
	for i := range l.inputs {
		name := strconv.Itoa(i)
		if l.readsIDs() {
			inputs = append(inputs, g.Input("in"+name, tensor.Int32, l.batch[1:]...))
			continue
		}
		in := g.Input("in"+name, tensor.Float32, l.batch[1:]...)
		inputs = append(inputs, g.Add("leaf"+name, leaf{&filled}, in))
	}
	g.Head("out", l.layer, inputs...)
	m, err := g.Build(1)
	if err != nil {
		return nil, err
	}
	ws := m.Network().NewWorkspace(rows, engine.Train)
	team := ws.NewSolo()
	team.Begin(0, rows, make([]int32, rows), 1)
	dense, _ := team.Assign(false)
	for i := range l.inputs {
		if l.readsIDs() {
			copy(team.Workers[0].IDs(i).Data, skewed("layer/ids", rows*l.batch[1], textWords))
		} else {
			fillNormal(team.Workers[0].Input(i), uint64(i))
		}
	}
	// Without an activation the loss's gradient may be written where the layer reads it.
	linear := m.Heads()[0].Activation == layer.Linear
	fillNormal(ws.HeadGrad(0, linear), uint64(l.inputs))
	team.Forward(0, rows)
	filled = true
	size := 0
	for _, b := range dense[0] {
		size = max(size, b.Size())
	}
	grad := parallel.Floats(size)
	return func() error {
		team.Forward(0, rows)
		team.Backward(0, rows)
		for _, b := range dense[0] {
			team.Gradient(0, b, rows, tensor.RowsOf(grad, b.ColumnHi-b.ColumnLo))
		}
		return nil
	}, nil
}

// fillNormal fills rows with normal numbers.
func fillNormal(x tensor.Rows[float32], stream uint64) {
	draw := random.New(1, "bench/layers", stream)
	for i := range x.Data {
		x.Data[i] = draw.Normal(uint64(i))
	}
}

// leaf is the identity with a weight, so that the engine computes the gradient of its output. Once
// its output is filled it computes nothing more: only the layer that reads it is measured.
type leaf struct{ filled *bool }

func (leaf) Kind() string { return "Leaf" }

func (l leaf) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return l, nil
}

func (l leaf) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !*l.filled; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (leaf) Backward(*op.Task) {}

func (leaf) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}
