package train_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid"
	"braid/data"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/layer"
	"braid/loss"
	"braid/modelfile"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// Drawn networks of all layers and losses end with the same bytes on any kernel set, with any
// number of workers, with Gather and without, and if the run was interrupted and resumed.
func TestNetworksSameBytes(t *testing.T) {
	defer kernel.Use(kernel.Default())
	// Each kind of layer is required of as many networks.
	networks, times := braidtest.Cases(12, 24), braidtest.Cases(2, 3)
	if testing.Short() || raced() {
		networks, times = 8, 1
	}
	eachNetwork(t, networks, times, (*network).check)
}

// Drawn networks of all layers and losses end with the same bytes on arm64.
func TestNetworksARM64(t *testing.T) {
	seed := flag.Lookup("rapid.seed").Value
	before := seed.String()
	defer func() { _ = seed.Set(before) }()
	if err := seed.Set("20"); err != nil {
		t.Fatal(err)
	}
	defer kernel.Use(kernel.Default())
	braidtest.SameOnARM64(t, func() (result []byte) {
		eachNetwork(t, 12, 1, func(n *network) {
			n.on(kernel.Default(), 1, false)
			_, end := n.fit(train.Fit)
			result = append(result, braidtest.Digest(n.t.Name(), []byte(end))...)
		})
		return result
	})
}

// eachNetwork draws networks and calls use for each. All layers and losses are in them, each layer
// in some.
func eachNetwork(t *testing.T, networks, some int, use func(n *network)) {
	_, unknown := layer.Decode("", nil)
	layers := kindsIn(t, unknown)
	_, unknown = loss.Decode("", nil)
	losses := kindsIn(t, unknown)
	_, unknown = optim.Decode("", nil)
	optimizers := kindsIn(t, unknown)
	for _, kind := range layers {
		if drawings[kind].draw == nil {
			t.Fatalf("no drawing of %s: add it to drawings", kind)
		}
	}
	drawn, passed := map[string]bool{}, 0
	for number := range networks {
		var required []string
		for i := range some {
			at := (number + i*networks/some) % networks
			required = append(required, turn(layers, at, networks)...)
		}
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			once(t, func(r *rapid.T) {
				n := &network{sketch: sketch{T: r, graph: braid.NewGraph("drawn"),
					shapes: map[string]tensor.Shape{}, heads: train.Heads{}}, t: t}
				optimizer := optim.Adam{}.Kind()
				if number%2 == 1 {
					optimizer = optimizers[number/2%len(optimizers)]
				}
				fitted := turn(losses, number, networks)
				for range n.int(0, 3-len(fitted)) {
					fitted = append(fitted, pick(&n.sketch, losses...))
				}
				n.network(required, fitted)
				n.drawPlan(optimizer)
				use(n)
				passed++
				for _, node := range n.model().Nodes() {
					if node.Layer != nil {
						drawn[node.Layer.Kind()] = true
					}
				}
				for _, h := range n.plan.Heads {
					drawn[h.Loss.Kind()] = true
				}
			})
		})
	}
	for _, kind := range slices.Concat(layers, losses) {
		if passed == networks && !drawn[kind] {
			t.Errorf("no network has %s", kind)
		}
	}
}

// raced reports whether the race detector is enabled.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings,
		debug.BuildSetting{Key: "-race", Value: "true"})
}

// turn returns the kinds that are the turn of a network: all networks together have all.
func turn(kinds []string, number, networks int) (list []string) {
	for i := number % len(kinds); i < len(kinds); i += networks {
		list = append(list, kinds[i])
	}
	return list
}

var quotedKind = regexp.MustCompile(`"([^"]*)"`)

// kindsIn returns the names that the error of Decode lists: all kinds.
func kindsIn(t *testing.T, unknown error) (list []string) {
	t.Helper()
	for _, name := range quotedKind.FindAllStringSubmatch(unknown.Error(), -1)[1:] { // 0: the unknown
		list = append(list, name[1])
	}
	if len(list) == 0 {
		t.Fatalf("no kinds in the error %q", unknown)
	}
	return list
}

// once checks a property for one draw. If it fails, rapid looks for a smaller draw that fails.
func once(t *testing.T, property func(r *rapid.T)) {
	passed, failed := false, false
	rapid.Check(t, func(r *rapid.T) {
		if passed && !failed {
			return
		}
		defer func() {
			failed = failed || !passed
		}()
		passed = false
		property(r)
		passed = !r.Failed()
	})
}

// network is a drawn network with a plan.
type network struct {
	sketch
	t    *testing.T
	data *data.Table
	plan train.Plan
}

func (n *network) model() *braid.Model {
	m, err := n.graph.Build(7)
	if err != nil {
		n.Fatal(err)
	}
	return m
}

// drawPlan draws a plan of about five steps, and the data.
func (n *network) drawPlan(optimizer string) {
	m := n.model()
	n.Log(m.Summary(), n.heads)
	for _, line := range m.Summary().Layers {
		if want := n.shapes[line.Name]; !line.Output.Equal(want) {
			n.Fatalf("%s has shape %v, want %v", line.Name, line.Output, want)
		}
	}
	n.measure(m)
	config := `{"rate":0.003}`
	if optimizer == (optim.Adam{}).Kind() && !n.coin(3) {
		config = `{"rate":0.01,"lazy":true}`
	} else if n.coin(3) {
		config = `{"rate":0.01,"weight_decay":{"rate":0.05}}`
	}
	o, err := optim.Decode(optimizer, []byte(config))
	if err != nil {
		n.Fatal(err)
	}
	batch, steps := n.int(2, 20), n.int(2, 5)
	if n.coin(3) {
		batch = pick(&n.sketch, 70, 131) // two and three chunks of gradients
	}
	n.data = n.table(n.t, m, batch*steps-n.int(1, batch-1))
	n.plan = train.Plan{
		Epochs: (4 + steps) / steps, Batch: batch, Optimizer: o, Heads: n.heads,
		Seed: uint64(n.int(0, 9)), NoShuffle: n.coin(4), DropLast: n.coin(3),
	}
	if n.coin(2) {
		n.plan.Validate = n.data
	}
	if n.coin(2) {
		n.plan.Clip = pick(&n.sketch, train.Clip{Value: 0.01}, train.Clip{Norm: 0.05},
			train.Clip{GlobalNorm: 0.1})
	}
	if n.coin(3) {
		n.plan.EMA = &train.EMA{
			Momentum: 0.75, Overwrite: n.int(0, 2), Warmup: n.coin(2), State: n.coin(2),
		}
	}
	if n.coin(3) {
		n.plan.Accumulate = n.int(2, 3)
	}
}

// on sets what must not change the bytes.
func (n *network) on(set *kernel.Set, workers int, gather bool) {
	kernel.Use(set)
	n.plan.Workers, n.plan.Gather = workers, gather
}

// anywhere is on with drawn arguments.
func (n *network) anywhere() {
	n.on(pick(&n.sketch, kernel.Sets()...), n.int(1, 5), n.coin(2))
}

// fit trains a new model with run, which is Fit or Resume. It returns the model and its end.
func (n *network) fit(run func(
	context.Context, *braid.Model, *data.Table, train.Plan,
) (*train.History, error)) (m *braid.Model, result string) {
	m = n.model()
	h, err := run(context.Background(), m, n.data, n.plan)
	if err != nil {
		n.Fatal(err)
	}
	return m, end(n.t, m, h)
}

// check compares runs with all kernel sets and several numbers of workers, an interrupted run, and
// the model read from its file.
func (n *network) check() {
	n.on(kernel.Sets()[0], 1, false)
	m, want := n.fit(train.Fit)
	for _, set := range kernel.Sets() {
		for _, workers := range []int{1, 2, 5} {
			for _, gather := range []bool{false, true} {
				n.on(set, workers, gather)
				if _, got := n.fit(train.Fit); got != want {
					n.Fatalf("set %s, %d workers, Gather %t: other bytes", set.Name, workers, gather)
				}
			}
		}
	}
	n.checkInterrupted(want)
	n.checkFile(m)
}

// checkInterrupted stops a run at a random step and resumes it.
func (n *network) checkInterrupted(want string) {
	each := (n.data.Rows() + n.plan.Batch - 1) / n.plan.Batch
	if n.plan.DropLast {
		each = n.data.Rows() / n.plan.Batch
	}
	steps := n.plan.Epochs * each
	n.plan.Checkpoint = &train.Checkpoint{Dir: filepath.Join(n.t.TempDir(), "checkpoints"),
		Every: time.Nanosecond}
	n.plan.Callbacks = []train.Callback{pull(n.int(1, steps-1))}
	n.anywhere()
	_, err := train.Fit(context.Background(), n.model(), n.data, n.plan)
	if !errors.Is(err, errPulled) {
		n.Fatal(err)
	}
	n.plan.Callbacks = nil
	n.anywhere()
	if _, got := n.fit(train.Resume); got != want {
		n.Fatal("the run that was interrupted ends with other bytes")
	}
	n.plan.Checkpoint = nil
}

// checkFile checks that a model read from its file predicts, measures and goes on training as the
// model does.
func (n *network) checkFile(m *braid.Model) {
	f, err := modelfile.Parse(bytesOf(n.t, m))
	if err != nil {
		n.Fatal(err)
	}
	want := n.use(m, n.data.Rows())
	n.anywhere()
	if got := n.use(f.Model, n.int(1, n.data.Rows()-1)); got != want {
		n.Fatal("the model that was read from its file gives other bytes")
	}
}

// use returns the summary, and the bytes of predictions, of scores and of the file after more
// training. It predicts the first rows apart from the others.
func (n *network) use(m *braid.Model, first int) string {
	predictions := n.predict(m, 0, first)
	if first < n.data.Rows() {
		for i, rest := range n.predict(m, first, n.data.Rows()) {
			predictions[i] = append(predictions[i], rest...)
		}
	}
	scores, err := train.Evaluate(context.Background(), m, n.data, n.heads, n.plan.Workers)
	if err != nil {
		n.Fatal(err)
	}
	h, err := train.Fit(context.Background(), m, n.data, n.plan)
	if err != nil {
		n.Fatal(err)
	}
	return fmt.Sprintf("%s %x %v %s", m.Summary(), predictions, *scores, end(n.t, m, h))
}

// predict returns the outputs of each head for some rows.
func (n *network) predict(m *braid.Model, lo, hi int) (list [][]float32) {
	rows, err := n.data.Slice(lo, hi)
	if err != nil {
		n.Fatal(err)
	}
	var names []string
	for _, in := range m.Inputs() {
		names = append(names, in.Name)
	}
	in, err := rows.Tensors(names...)
	if err != nil {
		n.Fatal(err)
	}
	out := braid.Tensors{}
	for _, head := range m.Heads() {
		numbers := make([]float32, (hi-lo)*head.Shape.Size())
		out[head.Name] = tensor.Floats(numbers, append([]int{hi - lo}, head.Shape...)...)
		list = append(list, numbers)
	}
	if err := m.PredictWith(n.plan.Workers, out, in); err != nil {
		n.Fatal(err)
	}
	return list
}
