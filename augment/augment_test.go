package augment

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/op"
	"braid/tensor"
)

// drawsOf returns the random numbers of the first member of a list.
func drawsOf(seed, step uint64, example int32) Draws {
	return Draws{draws: op.NewRandom(seed, "test", step, []int32{example}).Row(0)}
}

// bytesImage returns an image of bytes, 5 high and 7 wide, whose pixels differ.
func bytesImage(channels int) ([]float32, Images) {
	images := Images{Height: 5, Width: 7, Channels: channels, DType: tensor.Uint8}
	pixels := make([]float32, images.size())
	for i := range pixels {
		pixels[i] = float32(3 * i % 256)
	}
	return pixels, images
}

// outcomes applies an augmentation for many examples, and counts the results by their text.
func outcomes(t *testing.T, a Augment, channels int) map[string]int {
	t.Helper()
	in, images := bytesImage(channels)
	fn, err := a.Bind(images)
	if err != nil {
		t.Fatal(err)
	}
	seen, scratch := map[string]int{}, make([]float32, len(in))
	for example := range 2000 {
		pixels := slices.Clone(in)
		fn.Apply(drawsOf(8, 2, int32(example)), pixels, scratch)
		seen[fmt.Sprint(pixels)]++
	}
	return seen
}

// checkOutcomes compares with all results that are possible, each from pixel(y, x, k), which is
// the source's pixel or a value.
func checkOutcomes(t *testing.T, what string, got map[string]int, channels int, least int,
	possible []func(y, x, k int) float32) {
	t.Helper()
	want := map[string]bool{}
	for _, pixel := range possible {
		var pixels []float32
		for y := range 5 {
			for x := range 7 {
				for k := range channels {
					pixels = append(pixels, pixel(y, x, k))
				}
			}
		}
		text := fmt.Sprint(pixels)
		want[text] = true
		if got[text] < least {
			t.Errorf("%s: a result occurs %d times of 2000, want %d and more", what, got[text], least)
		}
	}
	for text := range got {
		if !want[text] {
			t.Errorf("%s: an impossible result: %s", what, text)
		}
	}
}

func TestFlip(t *testing.T) {
	in, _ := bytesImage(2)
	at := func(y, x, k int) float32 { return in[(y*7+x)*2+k] }
	mirrored := func(y, x, k int) float32 { return at(y, 6-x, k) }
	upside := func(y, x, k int) float32 { return at(4-y, x, k) }
	both := func(y, x, k int) float32 { return at(4-y, 6-x, k) }
	type list = []func(y, x, k int) float32
	checkOutcomes(t, "both", outcomes(t, Flip{}, 2), 2, 400, list{at, mirrored, upside, both})
	checkOutcomes(t, "horizontal", outcomes(t, Flip{Mode: Horizontal}, 2), 2, 900, list{at, mirrored})
	checkOutcomes(t, "vertical", outcomes(t, Flip{Mode: Vertical}, 2), 2, 900, list{at, upside})
}

func TestCrop(t *testing.T) {
	in, _ := bytesImage(2)
	for _, border := range []Border{Constant, Edge} {
		var possible []func(y, x, k int) float32
		for dy := -2; dy <= 2; dy++ {
			for dx := -2; dx <= 2; dx++ {
				possible = append(possible, func(y, x, k int) float32 {
					y, x = y+dy, x+dx
					if border == Edge {
						y, x = min(max(y, 0), 4), min(max(x, 0), 6)
					} else if y < 0 || y > 4 || x < 0 || x > 6 {
						return 9.5
					}
					return in[(y*7+x)*2+k]
				})
			}
		}
		got := outcomes(t, Crop{Padding: 2, Border: border, Value: 9.5}, 2)
		checkOutcomes(t, border.String(), got, 2, 40, possible)
	}
}

func TestCutout(t *testing.T) {
	in, _ := bytesImage(2)
	for _, size := range []int{1, 2, 3} {
		var possible []func(y, x, k int) float32
		for cy := range 5 {
			for cx := range 7 {
				possible = append(possible, func(y, x, k int) float32 {
					top, left := cy-size/2, cx-size/2
					if y >= top && y < top+size && x >= left && x < left+size {
						return 0.5
					}
					return in[(y*7+x)*2+k]
				})
			}
		}
		got := outcomes(t, Cutout{Size: size, Value: 0.5}, 2)
		checkOutcomes(t, fmt.Sprint("size ", size), got, 2, 20, possible)
	}
}

func TestBrightness(t *testing.T) {
	in, images := bytesImage(2)
	fn, err := Brightness{Factor: 0.5}.Bind(images)
	if err != nil {
		t.Fatal(err)
	}
	low, high := 0.0, 0.0
	in[43] = 127.5 // is not cut
	for example := range 500 {
		pixels := slices.Clone(in)
		fn.Apply(drawsOf(1, 1, int32(example)), pixels, nil)
		more := pixels[43] - in[43]
		low, high = min(low, float64(more)), max(high, float64(more))
		for i, v := range pixels {
			if want := min(max(in[i]+more, 0), 255); math.Abs(float64(v-want)) > 1e-4 {
				t.Fatalf("pixel %d is %v, want %v", i, v, want)
			}
		}
	}
	if low < -127.5 || low > -125 || high > 127.5 || high < 125 {
		t.Errorf("changes from %v to %v, want -127.5 to 127.5", low, high)
	}
	images.DType = tensor.Float32
	if fn, err = (Brightness{Factor: 0.5, Values: Range{-1, 3}}).Bind(images); err != nil {
		t.Fatal(err)
	}
	pixels := []float32{-5, 1, 7}
	fn.Apply(drawsOf(1, 1, 1), pixels, nil)
	if pixels[0] != -1 || pixels[1] == 1 || math.Abs(float64(pixels[1]-1)) > 2 || pixels[2] != 3 {
		t.Errorf("got %v", pixels)
	}
}

func TestContrast(t *testing.T) {
	in := []float32{100, 10, 140, 30, 90, 20} // the means of the channels are 110 and 20
	images := Images{1, 3, 2, tensor.Uint8}
	fn, err := Contrast{Factor: 0.25}.Bind(images)
	if err != nil {
		t.Fatal(err)
	}
	low, high := 1.0, 1.0
	for example := range 500 {
		pixels := slices.Clone(in)
		fn.Apply(drawsOf(1, 1, int32(example)), pixels, nil)
		factor := float64(pixels[2]-110) / 30
		low, high = min(low, factor), max(high, factor)
		for i, mean := range []float64{110, 20, 110, 20, 110, 20} {
			if want := mean + factor*(float64(in[i])-mean); math.Abs(float64(pixels[i])-want) > 1e-4 {
				t.Fatalf("pixel %d is %v, want %v", i, pixels[i], want)
			}
		}
	}
	if low < 0.75 || low > 0.76 || high > 1.25 || high < 1.24 {
		t.Errorf("factors from %v to %v, want 0.75 to 1.25", low, high)
	}
	fn, err = Contrast{Factor: 1, Values: Range{95, 110}}.Bind(images)
	if err != nil {
		t.Fatal(err)
	}
	pixels := slices.Clone(in)
	fn.Apply(drawsOf(1, 1, 2), pixels, nil)
	if slices.Min(pixels) < 95 || slices.Max(pixels) > 110 {
		t.Errorf("got %v, want 95 to 110", pixels)
	}
}

// all is a list with each member of the package.
var all = List{
	Affine{Rotation: 20, Scale: Range{0.8, 1.3}, Shear: 10, ShiftY: 0.1, ShiftX: 0.2, Value: 7},
	Affine{ShiftX: 0.3, Interpolation: Nearest, Border: Edge},
	Affine{ScaleY: Range{0.7, 1.2}, ScaleX: Range{0.9, 1.5}, Shear: 5},
	Flip{Mode: Horizontal}, Crop{Padding: 1, Border: Edge}, Brightness{Factor: 0.2},
	Contrast{Factor: 0.3, Values: Range{10, 240}}, Cutout{Size: 2, Value: 3},
}

// The bytes are specified: they must not change with the machine, the compiler or the release.
func TestSpecifiedBytes(t *testing.T) {
	in, images := bytesImage(3)
	p, err := all.Bind(images.DType, tensor.Shape{5, 7, 3})
	if err != nil {
		t.Fatal(err)
	}
	sum := crc32.NewIEEE()
	scratch := make([]float32, len(in))
	for step := range uint64(20) {
		examples := []int32{5, 17}
		random := op.NewRandom(42, "augment/image", step, examples)
		for r := range examples {
			pixels := slices.Clone(in)
			for i := range scratch {
				scratch[i] = float32(math.NaN()) // its content does not matter
			}
			p.Apply(random.Row(r), pixels, scratch)
			for _, v := range pixels {
				bits := math.Float32bits(v)
				sum.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
			}
		}
	}
	if got := sum.Sum32(); got != 0x4c524210 {
		t.Errorf("CRC-32 of the images is %08x", got)
	}
	row := op.NewRandom(42, "augment/image", 3, []int32{5}).Row(0)
	if n := testing.AllocsPerRun(10, func() { p.Apply(row, in, scratch) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Two members of one kind draw different numbers.
func TestMembersDrawApart(t *testing.T) {
	in, images := bytesImage(1)
	twice := List{Flip{Mode: Horizontal}, Flip{Mode: Horizontal}}
	p, err := twice.Bind(images.DType, tensor.Shape{5, 7})
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for example := range int32(100) {
		pixels := slices.Clone(in)
		p.Apply(op.NewRandom(1, "x", 1, []int32{example}).Row(0), pixels, nil)
		if slices.Equal(pixels, in) {
			same++
		}
	}
	if same < 30 || same > 70 {
		t.Errorf("%d of 100 images are flipped never or twice", same)
	}
}

func TestJSON(t *testing.T) {
	content, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"kind":"affine","config":{"shift_x":0.3,"interpolation":"nearest","border":"edge"}}`,
		`{"kind":"flip","config":{"mode":"horizontal"}}`,
		`{"kind":"contrast","config":{"factor":0.3,"values":{"low":10,"high":240}}}`,
	} {
		if !strings.Contains(string(content), want) {
			t.Errorf("%s lacks %s", content, want)
		}
	}
	var got List
	if err := json.Unmarshal(content, &got); err != nil || !reflect.DeepEqual(got, all) {
		t.Errorf("got %+v, error %v", got, err)
	}
	if err := json.Unmarshal([]byte(`[{"kind":"flip"}]`), &got); err != nil || got[0] != (Flip{}) {
		t.Errorf("got %+v, error %v", got, err)
	}
	for content, want := range map[string]string{
		`[{"kind":"flop"}]`: `member 0: unknown augmentation kind "flop"`,
		`[{"kind":"flip","config":{"mode":"sideways"}}]`:     `unknown mode "sideways"`,
		`[{"kind":"flip"},{"kind":"crop","config":{"p":1}}]`: `member 1: crop: unknown field "p"`,
		`[{"kind":"crop","config":{"border":"mirror"}}]`:     `unknown border "mirror"`,
		`[{"kind":"affine","config":{"scale":{"lo":1}}}]`:    `scale: unknown field "lo", want one`,
		`[{"kind":"affine","config":{"interpolation":2}}]`:   `cannot unmarshal number`,
		`[{"kind":"flip","configs":{}}]`:                     `unknown field "configs", want one`,
		`{"kind":"flip"}`:                                    `cannot unmarshal object`,
		`[1]`:                                                `member 0: got "1", want a JSON object`,
	} {
		if err := json.Unmarshal([]byte(content), &got); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", content, err, want)
		}
	}
	for content, want := range map[string]string{
		`[] []`: "data follows the JSON value", ``: "augment: got no text, want a JSON value",
		`[{`: "the text ends within",
	} {
		if _, err := DecodeList([]byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", content, err, want)
		}
	}
	if _, err := json.Marshal(List{Flip{Mode: 9}}); err == nil {
		t.Error("an unknown mode can be written")
	}
	for _, a := range []Augment{nil, (*Flip)(nil)} {
		if _, err := json.Marshal(List{a}); err == nil ||
			!strings.Contains(err.Error(), "augment: member 0 is") {
			t.Errorf("%#v is written with error %v", a, err)
		}
	}
	custom, err := DecodeList([]byte(`[{"kind":"invert","config":{"most":9}}]`), invert{})
	if err != nil || custom[0] != (invert{9}) {
		t.Errorf("got %+v, error %v", custom, err)
	}
}

type invert struct {
	Most float64 `json:"most"`
}

func (invert) Kind() string              { return "invert" }
func (invert) Bind(Images) (Func, error) { return nil, nil }

func TestMistakes(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		a    Augment
		want string
	}{
		{Affine{}, "it changes nothing"},
		{Affine{Scale: Range{1, 1}}, "it changes nothing"},
		{Affine{Rotation: -1}, "Rotation = -1, want 0 to 180"},
		{Affine{Rotation: nan}, "Rotation = NaN"},
		{Affine{Scale: Range{0, 1}}, "Scale = 0 to 1"},
		{Affine{Scale: Range{1, 0.5}}, "Scale = 1 to 0.5"},
		{Affine{Scale: Range{1, 17}}, "Scale = 1 to 17"},
		{Affine{ScaleY: Range{1, 1}, ScaleX: Range{1, 1}}, "it changes nothing"},
		{Affine{ScaleY: Range{0.5, 0.25}}, "ScaleY = 0.5 to 0.25"},
		{Affine{Scale: Range{0.5, 2}, ScaleX: Range{-1, 1}}, "ScaleX = -1 to 1, want a range within"},
		{Affine{Shear: 81}, "Shear = 81"},
		{Affine{ShiftY: 1.5}, "ShiftY = 1.5"},
		{Affine{ShiftX: -0.5}, "ShiftX = -0.5"},
		{Affine{ShiftX: 0.5, Value: inf}, "Value = +Inf"},
		{Affine{ShiftX: 0.5, Border: 2}, "Border = Border(2), want one of"},
		{Affine{ShiftX: 0.5, Interpolation: 7}, "Interpolation = Interpolation(7)"},
		{Flip{Mode: 3}, "Mode = FlipMode(3)"},
		{Crop{}, "Padding = 0, want 1"},
		{Crop{Padding: 1 << 20}, "Padding = 1048576"},
		{Crop{Padding: 1, Border: 9}, "Border = Border(9)"},
		{Crop{Padding: 1, Value: 1e300}, "Value = 1e+300"},
		{Brightness{}, "Factor = 0, want above 0"},
		{Brightness{Factor: 1.5}, "Factor = 1.5"},
		{Brightness{Factor: nan}, "Factor = NaN"},
		{Brightness{Factor: 0.5}, "Values = 0 to 0, want the lowest and the highest value"},
		{Brightness{Factor: 0.5, Values: Range{2, 1}}, "Values = 2 to 1"},
		{Contrast{Factor: 0.5, Values: Range{0, inf}}, "Values = 0 to +Inf"},
		{Contrast{Factor: 2}, "Factor = 2"},
		{Cutout{}, "Size = 0, want 1"},
		{Cutout{Size: 1, Value: nan}, "Value = NaN"},
		{nil, "member 1 is nil, want one such as Flip{}"},
		{(*Flip)(nil), "member 1 is a nil *augment.Flip, want one"},
		{invert{}, "invert: Bind returned nil, want a Func or an error"},
	} {
		_, err := List{Flip{}, c.a}.Bind(tensor.Float32, tensor.Shape{4, 6})
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "member 1") {
			t.Errorf("%+v: error is %v, want %s", c.a, err, c.want)
		}
	}
	for want, c := range map[string]struct {
		dtype tensor.DType
		shape tensor.Shape
	}{
		"it is int32 of shape [4 6], want images":        {tensor.Int32, tensor.Shape{4, 6}},
		"it is float32 of shape [24], want images":       {tensor.Float32, tensor.Shape{24}},
		"it is uint8 of shape [2 3 4 5]":                 {tensor.Uint8, tensor.Shape{2, 3, 4, 5}},
		"its images are 40000 high and 1 wide, want at ": {tensor.Uint8, tensor.Shape{40000, 1}},
	} {
		if _, err := all.Bind(c.dtype, c.shape); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
