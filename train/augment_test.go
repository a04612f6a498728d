package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/internal/kernel"
	"braid/train"
)

// changes has each augmentation.
func changes() augment.List {
	return augment.List{
		augment.Affine{Rotation: 20, Scale: augment.Range{Low: 0.8, High: 1.3}, ShiftX: 0.2, Value: 40},
		augment.Flip{}, augment.Crop{Padding: 1, Border: augment.Edge}, augment.Brightness{Factor: 0.2},
		augment.Contrast{Factor: 0.3}, augment.Cutout{Size: 2},
	}
}

func augmentedPlan() train.Plan {
	p := plan()
	p.Augment = map[string]augment.List{"image": changes()}
	return p
}

// Augmented images give the same bytes on any number of workers, which read parts of each other's
// rows, and with each kernel set.
func TestAugmentedOnAnyNumberOfWorkers(t *testing.T) {
	defer kernel.Use(kernel.Default())
	all := pictures(t)
	for name, c := range map[string]struct {
		build func(*testing.T) *braid.Model
		input string
		table *data.Table
	}{
		"splitK": {splitK, "picture", all}, "late": {late, "picture", all},
		"small": {func(t *testing.T) *braid.Model { return model(t) }, "image", table(t)},
	} {
		var want, plain string
		for i, workers := range []int{1, 2, 5, 2} {
			sets := kernel.Sets()
			kernel.Use(sets[i%len(sets)])
			m, p := c.build(t), plan()
			p.Epochs, p.Batch, p.Workers, p.Validate = 2, 19, workers, c.table
			if i == 0 {
				h, err := train.Fit(context.Background(), m, c.table, p)
				if err != nil {
					t.Fatal(err)
				}
				plain, m = end(t, m, h), c.build(t)
			}
			p.Augment = map[string]augment.List{c.input: changes()}
			h, err := train.Fit(context.Background(), m, c.table, p)
			if err != nil {
				t.Fatal(err)
			}
			got := end(t, m, h)
			if i == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%s: %d workers with %s give another model", name, workers, sets[i%len(sets)].Name)
			}
			// Validation uses the images as they are.
			scores, err := train.Evaluate(context.Background(), m, c.table, p.Heads, workers)
			if err != nil {
				t.Fatal(err)
			}
			n := len(scores.Values)
			if last := h.Epochs[1].Values; !slices.Equal(scores.Values, last[n:]) {
				t.Errorf("%s: validation is %v, without augmentation %v", name, last[n:], scores.Values)
			}
		}
		if want == plain {
			t.Errorf("%s: augmentation changes nothing", name)
		}
	}
}

// unchanged is an augmentation that changes nothing, but counts and looks at the images.
type unchanged struct {
	Note string `json:"note"`
	see  func(draws augment.Draws, pixels []float32)
}

func (unchanged) Kind() string                                { return "unchanged" }
func (u unchanged) Bind(augment.Images) (augment.Func, error) { return u, nil }
func (u unchanged) Apply(draws augment.Draws, pixels, _ []float32) {
	if u.see != nil {
		u.see(draws, pixels)
	}
}

// Images that an augmentation leaves unchanged are standardized to the same bytes as without it.
// Each is seen once in an epoch, in the units of its column, with random numbers of its own.
func TestUnchangedImages(t *testing.T) {
	all := table(t)
	m := model(t)
	h, err := train.Fit(context.Background(), m, all, plan())
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, m, h)
	seen, numbers := map[string]int{}, map[uint64]bool{}
	p := plan()
	p.Workers = 1
	see := func(draws augment.Draws, pixels []float32) {
		for _, v := range pixels {
			if v < 0 || v > 255 || v != float32(int(v)) {
				t.Fatalf("a pixel is %v, want a byte", v)
			}
		}
		seen[fmt.Sprint(pixels)]++
		numbers[draws.Bits(0)] = true
	}
	p.Augment = map[string]augment.List{"image": {unchanged{see: see}}}
	m = model(t)
	if h, err = train.Fit(context.Background(), m, all, p); err != nil {
		t.Fatal(err)
	}
	if end(t, m, h) != want {
		t.Error("images that are not changed give another model")
	}
	if len(seen) != rows || len(numbers) != 3*rows {
		t.Errorf("%d images are seen with %d random numbers, want %d with %d", len(seen), len(numbers),
			rows, 3*rows)
	}
	for image, n := range seen {
		if n != 3 {
			t.Errorf("the image %s is seen %d times in 3 epochs", image, n)
		}
	}
}

// A column of float32 with the numbers of a column of bytes is changed to the same images.
func TestAugmentedFloats(t *testing.T) {
	pixels := make([]uint8, 12*rows)
	numbers := make([]float32, len(pixels))
	for i := range pixels {
		pixels[i] = uint8(i * i / 7)
		numbers[i] = float32(pixels[i])
	}
	all := table(t)
	columns := func(image data.Column) *data.Table {
		list := []data.Column{image}
		for _, name := range []string{"x", "ids", "class", "yes"} {
			c, err := all.Column(name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, c)
		}
		table, err := data.NewTable(list...)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	var want string
	for i, image := range []data.Column{
		data.Bytes("image", pixels, data.Standard{Std: 1}, 3, 4), data.Floats("image", numbers, 3, 4),
	} {
		p := plan()
		p.Augment = map[string]augment.List{"image": append(changes()[:3],
			augment.Brightness{Factor: 0.2, Values: augment.Range{High: 255}})}
		m := model(t)
		h, err := train.Fit(context.Background(), m, columns(image), p)
		if err != nil {
			t.Fatal(err)
		}
		if got := end(t, m, h); i == 0 {
			want = got
		} else if got != want {
			t.Error("a column of float32 gives another model")
		}
	}
}

// An augmented run that is interrupted and resumed elsewhere ends with the same bytes.
func TestResumeAugmented(t *testing.T) {
	defer kernel.Use(kernel.Default())
	tried := 0
	rapid.Check(t, func(r *rapid.T) {
		if tried++; tried > 12 {
			return
		}
		p := augmentedPlan()
		p.Epochs, p.Batch = rapid.IntRange(1, 3).Draw(r, "epochs"), rapid.IntRange(3, 70).Draw(r, "batch")
		p.Seed = rapid.Uint64Min(1).Draw(r, "seed")
		machine := func(name string) {
			kernel.Use(rapid.SampledFrom(kernel.Sets()).Draw(r, name+" set"))
			p.Workers = rapid.IntRange(1, 5).Draw(r, name+" workers")
		}
		machine("whole")
		m := model(t)
		h, err := train.Fit(context.Background(), m, table(t), p)
		if err != nil {
			r.Fatal(err)
		}
		want := end(t, m, h)
		steps := p.Epochs * ((rows + p.Batch - 1) / p.Batch)
		p.Checkpoint = &train.Checkpoint{
			Dir: filepath.Join(t.TempDir(), "checkpoints"), Every: time.Nanosecond,
		}
		machine("first")
		p.Callbacks = []train.Callback{pull(rapid.IntRange(1, steps).Draw(r, "stop"))}
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil &&
			!errors.Is(err, errPulled) {
			r.Fatal(err)
		}
		machine("last")
		p.Callbacks, m = nil, model(t)
		if h, err = train.Resume(context.Background(), m, table(t), p); err != nil {
			r.Fatal(err)
		}
		if end(t, m, h) != want {
			r.Fatal("the run that was interrupted ends with other bytes")
		}
	})
}

// A checkpoint belongs to a run with the same augmentation.
func TestOtherAugmentation(t *testing.T) {
	p := augmentedPlan()
	p.Epochs, p.Checkpoint = 1, &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	for want, list := range map[string]augment.List{
		`augment image: it has [{"kind":"affine"`: {augment.Flip{}},
		"this run has none":                       nil,
	} {
		p.Augment = map[string]augment.List{"image": list}
		_, err := train.Resume(context.Background(), model(t), table(t), p)
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "it belongs to another run") {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestAugmentMistakes(t *testing.T) {
	for want, a := range map[string]map[string]augment.List{
		`Augment: unknown input "picture", want one of "image", "x", "ids"`: {"picture": changes()},
		`Augment: input "ids": it is int32 of shape [2], want images`:       {"ids": changes()},
		`Augment: input "x": it is float32 of shape [3], want images`:       {"x": changes()},
		`Augment: input "image": member 1: affine: Rotation = NaN`: {
			"image": {augment.Flip{}, augment.Affine{Rotation: math.NaN()}}},
	} {
		p := plan()
		p.Augment = a
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	p, m := plan(), model(t)
	p.Augment = map[string]augment.List{"image": nil}
	if _, err := train.Fit(context.Background(), m, table(t), p); err != nil {
		t.Error(err)
	}
	without := model(t)
	if _, err := train.Fit(context.Background(), without, table(t), plan()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytesOf(t, m), bytesOf(t, without)) {
		t.Error("an empty list gives another model")
	}
}
