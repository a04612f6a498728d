package optim_test

import (
	"encoding/json"
	"fmt"
	"log"

	"braid/optim"
)

// AdamW with a warm-up of 100 steps and a cosine down to a hundredth. Biases and the embedding do
// not decay.
func Example() {
	o := optim.AdamW{
		Schedule: optim.CosineDecay{WarmupTarget: 0.001, WarmupSteps: 100, DecaySteps: 900,
			Alpha: 0.01},
		WeightDecay: optim.Decay{Rate: 0.01, Except: []string{"answer."}},
	}
	if err := o.Check(); err != nil {
		log.Fatal(err)
	}
	for _, step := range []int{1, 51, 101, 1001} { // from 1
		fmt.Printf("step %d: rate %.6f\n", step, o.LearningRate(step))
	}
	fmt.Println(o.Decays("trunk.kernel", []int{4, 2}), o.Decays("answer.kernel", []int{9, 1}))
	config, err := json.Marshal(optim.ExponentialDecay{InitialRate: 0.1, DecaySteps: 1000,
		DecayRate: 0.5})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(config))
	// Output:
	// step 1: rate 0.000000
	// step 51: rate 0.000500
	// step 101: rate 0.001000
	// step 1001: rate 0.000010
	// true false
	// {"kind":"exponential_decay","initial_rate":0.1,"decay_steps":1000,"decay_rate":0.5}
}
