package augment_test

import (
	"encoding/json"
	"fmt"
	"log"

	"braid/augment"
	"braid/op"
	"braid/tensor"
)

// A list is bound to images of bytes, 3 high and 4 wide. train.Plan.Augment does this for each
// batch.
func ExampleList() {
	list := augment.List{
		augment.Flip{Mode: augment.Horizontal},
		augment.Crop{Padding: 1, Border: augment.Edge},
	}
	config, err := json.Marshal(list[:1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(config))

	pipeline, err := list.Bind(tensor.Uint8, tensor.Shape{3, 4})
	if err != nil {
		log.Fatal(err)
	}
	const seed, step, example = 1, 1, 1
	random := op.NewRandom(seed, "augment/image", step, []int32{example})
	pixels := []float32{
		1, 2, 3, 4,
		5, 6, 7, 8,
		9, 10, 11, 12,
	}
	pipeline.Apply(random.Row(0), pixels, make([]float32, pipeline.Size()))
	for row := range 3 {
		fmt.Println(pixels[4*row : 4*row+4])
	}
	// Output:
	// [{"kind":"flip","config":{"mode":"horizontal"}}]
	// [8 7 6 5]
	// [12 11 10 9]
	// [12 11 10 9]
}
