package tfjs_test

import (
	"slices"
	"testing"

	"braid"
)

// steps is the length of each training.
const steps = 10

// TestTensorFlowJS compares outputs, losses and trained weights of both sides.
func TestTensorFlowJS(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: TensorFlow.js takes seconds")
	}
	js := find(t)
	networks, graphs := slices.Clone(networks), make([]*braid.Graph, len(networks))
	for i := range networks {
		networks[i].Optimizers = []optimizer{adam, sgd}
		if networks[i].Name == "merges" {
			networks[i].Optimizers = append(networks[i].Optimizers, others...)
		}
		graphs[i] = networks[i].prepare(t)
	}
	for i, a := range js.run(t, networks) {
		n := networks[i]
		t.Run(n.Name, func(t *testing.T) {
			for j, o := range n.Optimizers {
				t.Run(o.kind+" "+o.config, func(t *testing.T) {
					n.compare(t, graphs[i], o, a.Trainings[j])
				})
			}
			t.Logf("TensorFlow.js took %.2f s", a.Seconds)
		})
	}
}
