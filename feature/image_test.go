package feature_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
	"braid/vision/picture"
)

// filled returns a PNG of 4 x 2 pixels of one colour, with the last column in another.
func filled(t testing.TB, most, last color.NRGBA) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for i := range 8 {
		img.SetNRGBA(i%4, i/4, most)
		if i%4 == 3 {
			img.SetNRGBA(3, i/4, last)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pictures returns a folder with red.png, grey.png and sub/dark.png, and others that are no
// pictures.
func pictures(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	grey := color.NRGBA{90, 90, 90, 255}
	for name, content := range map[string][]byte{
		"red.png":      filled(t, color.NRGBA{200, 100, 50, 255}, color.NRGBA{0, 0, 0, 0}),
		"grey.png":     filled(t, grey, color.NRGBA{30, 30, 30, 255}),
		"sub/dark.png": filled(t, color.NRGBA{10, 10, 10, 255}, grey),
		"notes.txt":    []byte("no picture"),
		"half.png":     filled(t, grey, grey)[:60],
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// learnImage learns from cells of a file in a folder.
func learnImage(folder string, f feature.Feature, cells ...string) (*feature.ImageEncoder, error) {
	frame, err := data.NewFrame("c")
	if err == nil {
		err = frame.Append(filepath.Join(folder, "data.csv"), &list{name: "c", cells: cells})
	}
	if err != nil {
		return nil, err
	}
	e, err := f.Learn(feature.Column{Name: "c", Frame: frame, Rows: rows(len(cells))})
	if err != nil {
		return nil, err
	}
	return e.(*feature.ImageEncoder), nil
}

func mustLearnImage(
	t testing.TB, folder string, f feature.Feature, cells ...string,
) *feature.ImageEncoder {
	t.Helper()
	e, err := learnImage(folder, f, cells...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// encodeImage encodes a value into memory with other bytes.
func encodeImage(t testing.TB, e feature.Encoder, v feature.Value) ([]uint8, feature.Note, error) {
	t.Helper()
	in := e.Inputs("c")[0]
	row := bytes.Repeat([]byte{77}, in.Shape.Size())
	note, err := e.Encode(v, []feature.Slot{{Bytes: row}})
	return row, note, err
}

func TestImage(t *testing.T) {
	folder := pictures(t)
	stretch := feature.Image{Size: 2, Fit: picture.Stretch}
	e := mustLearnImage(t, folder, stretch, "red.png", "", "grey.png", "./sub/dark.png")
	in := e.Inputs("c")[0]
	if in.Name != "c" || in.DType != tensor.Uint8 || !in.Shape.Equal(tensor.Shape{2, 2, 3}) {
		t.Errorf("the input is %+v", in)
	}
	// The right half of a picture has a column of each colour; transparent pixels are white.
	known := map[string][]uint8{
		"red.png":      {200, 100, 50, 228, 178, 153}, // 227.5 177.5 152.5
		"grey.png":     {90, 90, 90, 60, 60, 60},
		"sub/dark.png": {10, 10, 10, 50, 50, 50},
	}
	var sum, squares, n float64
	for name, want := range known {
		got, note, err := encodeImage(t, e, feature.Value{Text: name, Folder: folder})
		if err != nil || note != 0 || !slices.Equal(got, append(slices.Clone(want), want...)) {
			t.Errorf("%s: got %v, note %d and the error %v, want %v twice", name, got, note, err, want)
		}
		for _, v := range want {
			sum, squares, n = sum+float64(v), squares+float64(v)*float64(v), n+1
		}
	}
	std := math.Sqrt(squares/n - sum/n*sum/n)
	if s := in.Standard; s.Mean != math.Round(sum/n) || math.Abs(s.Std-std) > 1e-9 {
		t.Errorf("the standard is %+v, want the mean %v and %v", s, sum/n, std)
	}
	for _, missing := range []feature.Value{{Folder: folder}, {Text: " ", Folder: folder}, {}} {
		got, note, err := encodeImage(t, e, missing)
		if err != nil || note != feature.Missing {
			t.Errorf("%+v: note %d and the error %v", missing, note, err)
		}
		numbers := make([]float32, len(got))
		in.Standard.Floats(numbers, got)
		for _, v := range numbers {
			if math.Abs(float64(v)) > 1e-6 {
				t.Errorf("a missing picture is standardized to %v", numbers)
			}
		}
	}
	// An uploaded picture needs no folder.
	content := filled(t, color.NRGBA{1, 2, 3, 255}, color.NRGBA{1, 2, 3, 255})
	got, note, err := encodeImage(t, e, feature.Value{Content: content})
	if err != nil || note != 0 || !slices.Equal(got, bytes.Repeat([]byte{1, 2, 3}, 4)) {
		t.Errorf("an uploaded picture: got %v, note %d and the error %v", got, note, err)
	}
}

// TestImageChannels learns grey from grey pictures alone, and reads colours as grey then.
func TestImageChannels(t *testing.T) {
	folder := pictures(t)
	for _, c := range []struct {
		f     feature.Image
		cells []string
		want  int
	}{
		{feature.Image{}, []string{"grey.png", "sub/dark.png"}, 1},
		{feature.Image{}, []string{"grey.png", "sub/dark.png", "red.png"}, 3},
		{feature.Image{Background: &picture.Colour{0, 0, 9}}, []string{"grey.png"}, 3}, // padding
		{feature.Image{Channels: 3}, []string{"grey.png"}, 3},
		{feature.Image{Channels: 1}, []string{"red.png"}, 1},
	} {
		e := mustLearnImage(t, folder, c.f, c.cells...)
		if shape := e.Inputs("c")[0].Shape; !shape.Equal(tensor.Shape{48, 48, c.want}) {
			t.Errorf("%+v learns shape %v, want %d channels", c.f, shape, c.want)
		}
	}
	middle := feature.Image{Size: 1, Channels: 1, Fit: picture.Crop}
	grey := mustLearnImage(t, folder, middle, "red.png")
	got, _, err := encodeImage(t, grey, feature.Value{Text: "red.png", Folder: folder})
	if err != nil || len(got) != 1 || got[0] != 124 { // 0.299 200 + 0.587 100 + 0.114 50
		t.Errorf("red as grey is %v, error %v, want 124", got, err)
	}
	if s := grey.Standard; s.Mean != 124 || s.Std != 1 {
		t.Errorf("the standard of equal bytes is %+v, want 124 and 1", s)
	}
}

// TestImagePaths reads paths relative to the data file, to Root, and absolute ones.
func TestImagePaths(t *testing.T) {
	folder := pictures(t)
	for _, c := range []struct{ root, cell string }{
		{"", "sub/dark.png"}, {"sub", "dark.png"}, {filepath.Join(folder, "sub"), "dark.png"},
		{"", filepath.Join(folder, "sub", "dark.png")}, {"sub", "../sub/dark.png"},
	} {
		e := mustLearnImage(t, folder, feature.Image{Root: c.root}, c.cell)
		if _, _, err := encodeImage(t, e, feature.Value{Text: c.cell, Folder: folder}); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		_, _, err := encodeImage(t, e, feature.Value{Text: c.cell})
		if err == nil || !strings.Contains(err.Error(), "names are not read here") {
			t.Errorf("%+v without a folder: the error is %v", c, err)
		}
	}
	f := feature.Image{Missing: []string{"none"}}
	for cell, want := range map[string]string{
		"a.png": "a.png", "./b/../a.png": "a.png", " a.png ": "a.png", "": "", "none": "",
	} {
		if got := f.Canonical(cell); got != want {
			t.Errorf("%q is %q, want %q", cell, got, want)
		}
	}
}

// TestImageBad learns from paths without a picture.
func TestImageBad(t *testing.T) {
	folder := pictures(t)
	cells := []string{"red.png", "no.png", "half.png", "", "sub", "notes.txt"}
	_, err := learnImage(folder, feature.Image{}, cells...)
	csv := filepath.Join(folder, "data.csv")
	for _, want := range []string{
		`column "c": 4 cells cannot be read`,
		csv + `:3: picture "no.png": ` + filepath.Join(folder, "no.png") + ": no such file or directory",
		csv + `:4: picture "half.png": the PNG is cut short` + "\n",
		csv + `:6: picture "sub": ` + filepath.Join(folder, "sub") + " is a folder, want a file\n",
		csv + `:7: picture "notes.txt": got text ("no picture"): want a PNG, JPEG`,
		`"bad: missing" in the column's settings makes them missing`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	for range 10 {
		cells = append(cells, "https://example.org/a.png")
	}
	_, err = learnImage(folder, feature.Image{}, cells...)
	for _, want := range []string{
		"14 cells cannot be read", ":8: ", "is an address, want the path of a file", "and 9 more",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}

	f := feature.Image{Bad: feature.BadMissing, Size: 4}
	e := mustLearnImage(t, folder, f, cells...)
	got, note, err := encodeImage(t, e, feature.Value{Text: "no.png", Folder: folder})
	if err != nil || note != feature.Missing || got[0] != uint8(e.Standard.Mean) {
		t.Errorf("a missing file: got %v, note %d and the error %v", got, note, err)
	}
	for _, v := range []feature.Value{
		{Text: "no.png"}, {Content: []byte("no picture"), Folder: folder},
	} {
		if _, _, err := encodeImage(t, e, v); err == nil {
			t.Errorf("%+v is no error", v)
		}
	}
	_, err = learnImage(folder, f, "", "no.png", "")
	want := `column "c": none of 3 rows to learn from has a picture; empty cells: 2; files that`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
	// A limit of memory.
	red := filled(t, color.NRGBA{1, 2, 3, 255}, color.NRGBA{1, 2, 3, 255})
	if _, _, err := encodeImage(t, e, feature.Value{Content: red, Most: 4*8 - 1}); err == nil ||
		!strings.Contains(err.Error(), "at most 31 are allowed") {
		t.Errorf("too large: the error is %v", err)
	}
}

func TestImageSettings(t *testing.T) {
	for text, want := range map[string]feature.Image{
		`{}`: {},
		`{"size":32,"channels":"auto","fit":"crop","background":"black","augment":"flip",
			"root":"p","bad":"missing"}`: {
			Size: 32, Fit: picture.Crop, Background: &picture.Colour{}, Augment: feature.Flip, Root: "p",
			Bad: feature.BadMissing,
		},
		`{"channels":3,"background":"auto"}`: {Channels: 3, Background: &picture.White},
		`{"channels":"1"}`:                   {Channels: 1},
	} {
		f, err := feature.Decode("image", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		got, err := json.Marshal(f)
		again, err2 := json.Marshal(want)
		if err != nil || err2 != nil || string(got) != string(again) {
			t.Errorf("%s is read as %s, want %s", text, got, again)
		}
	}
	for text, want := range map[string]string{
		`{"size":"a"}`: "cannot unmarshal", `{"channels":2}`: "channels = 2, want auto, 1 or 3",
		`{"fit":"pat"}`: `unknown fit "pat"`, `{"augment":"flop"}`: `did you mean "flip"?`,
		`{"bad":"ignore"}`: `unknown bad "ignore"`, `{"background":"blue"}`: "want white, black",
		`{"cache":1}`: "unknown field",
	} {
		_, err := feature.Decode("image", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", text, err, want)
		}
	}
	for want, f := range map[string]feature.Image{
		"size = 2000, want 1 to 1024 pixels": {Size: 2000}, "size = -1": {Size: -1},
		"channels = 2, want auto, 1 or 3": {Channels: 2}, "fit = Fit(7)": {Fit: 7},
		"augment = Augment(3)": {Augment: 3}, "bad = Bad(2)": {Bad: 2},
		`missing has ""`: {Missing: []string{""}},
	} {
		if _, err := learnImage(t.TempDir(), f, "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v, want %q", f, err, want)
		}
	}
	if list := (&feature.ImageEncoder{Augment: feature.Shift}).Augmentation(); len(list) != 1 {
		t.Errorf("shift is %v", list)
	} else if _, err := list.Bind(tensor.Uint8, tensor.Shape{8, 8, 3}); err != nil {
		t.Error(err)
	}
}

// TestImageJSON writes an encoder and reads it back.
func TestImageJSON(t *testing.T) {
	folder := pictures(t)
	f := feature.Image{
		Size: 5, Fit: picture.Crop, Background: &picture.Colour{1, 2, 3}, Augment: feature.Shift,
		Root: "sub", Bad: feature.BadMissing, Missing: []string{"-"},
	}
	e := mustLearnImage(t, folder, f, "dark.png")
	content, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	again, err := feature.DecodeEncoder("image", content)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := json.Marshal(again); err != nil || string(second) != string(content) {
		t.Errorf("%s is written as %s, error %v", content, second, err)
	}
	v := feature.Value{Text: "dark.png", Folder: folder}
	want, _, err1 := encodeImage(t, e, v)
	got, _, err2 := encodeImage(t, again, v)
	if err1 != nil || err2 != nil || !slices.Equal(got, want) {
		t.Errorf("got %v and %v, want %v and %v", got, err2, want, err1)
	}
	for old, mistake := range map[string][2]string{
		`"size":5`:               {`"size":0`, "image: size 0, want 1 to 1024"},
		`"channels":1`:           {`"channels":2`, "image: channels = 2, want 1 or 3"},
		`"std":`:                 {`"std":-`, "a number above 0"},
		`"mean":`:                {`"mean":1.5e-1`, "want a whole number"},
		`"background":"#010203"`: {`"background":"x"`, "got colour"},
		`"fit":"crop"`:           {`"fit":"cut"`, "unknown fit"},
		`"root":"sub"`:           {`"roots":"sub"`, "unknown field"},
	} {
		if !strings.Contains(string(content), old) {
			t.Errorf("%s has no %s", content, old)
		}
		damaged := strings.Replace(string(content), old, mistake[0], 1)
		_, err := feature.DecodeEncoder("image", []byte(damaged))
		if err == nil || !strings.Contains(err.Error(), mistake[1]) {
			t.Errorf("%s: the error is %v, want %s", mistake[0], err, mistake[1])
		}
	}
}

// TestImageCache learns and encodes the same with a cache as without, before and after Close, and
// when the pictures were read by another run.
func TestImageCache(t *testing.T) {
	folder, cacheFolder := pictures(t), t.TempDir()
	cells := []string{"red.png", "grey.png", "sub/dark.png", "grey.png"}
	want := mustLearnImage(t, folder, feature.Image{Size: 6}, cells...)
	for run := range 2 {
		cache, err := picture.OpenCache(cacheFolder, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		e := mustLearnImage(t, folder, feature.Image{Size: 6, Cache: cache}, cells...)
		if e.Standard != want.Standard || e.Channels != want.Channels {
			t.Errorf("run %d learns %+v, want %+v", run, e, want)
		}
		for i, cell := range cells {
			if i == 2 {
				if err := cache.Close(); err != nil {
					t.Error(err)
				}
			}
			v := feature.Value{Text: cell, Folder: folder}
			got, _, err1 := encodeImage(t, e, v)
			without, _, err2 := encodeImage(t, want, v)
			if err1 != nil || err2 != nil || !slices.Equal(got, without) {
				t.Errorf("run %d, %s: got %v and %v, want %v", run, cell, got, err1, without)
			}
		}
	}
}

// TestImageColumns encodes the rows of a table, some of which have bad cells.
func TestImageColumns(t *testing.T) {
	folder := pictures(t)
	var cells []string
	for range 400 {
		cells = append(cells, "red.png", "", "sub/dark.png")
	}
	frame, err := data.NewFrame("c")
	if err == nil {
		err = frame.Append(filepath.Join(folder, "data.csv"), &list{name: "c", cells: cells})
	}
	if err != nil {
		t.Fatal(err)
	}
	all := rows(len(cells))
	e := mustLearnImage(t, folder, feature.Image{Size: 2}, cells[:3]...)
	columns, notes, err := feature.Columns(e, of(frame, "c", all), 3)
	if err != nil {
		t.Fatal(err)
	}
	if notes.Rows != len(cells) || notes.Missing != 400 || len(columns) != 1 {
		t.Errorf("got %d columns and %+v", len(columns), notes)
	}
	want, _, err := encodeImage(t, e, feature.Value{Text: "sub/dark.png", Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(want))
	columns[0].Unstandardized(got, len(cells)-1)
	for i, v := range want {
		if got[i] != float32(v) {
			t.Fatalf("the last row is %v, want %v", got, want)
		}
	}
	os.Remove(filepath.Join(folder, "red.png"))
	_, _, err = feature.Columns(e, of(frame, "c", all), 3)
	if err == nil || !strings.Contains(err.Error(), "400 cells cannot be read\n  ") ||
		!strings.Contains(err.Error(), "data.csv:5: picture \"red.png\": ") {
		t.Errorf("the error is %v", err)
	}
}

// TestImageBranch builds networks for all small sizes, and checks that each weight has a gradient.
func TestImageBranch(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 8, 48} {
		e := &feature.ImageEncoder{Size: size, Channels: 1 + size%2*2, Standard: data.Standard{Std: 1}}
		g := braid.NewGraph("pictures")
		in := e.Inputs("a b")[0]
		b := e.Branch(g, "a b", []*braid.Node{g.Input(in.Name, tensor.Float32, in.Shape...)})
		if !b.Modality {
			t.Error("a picture is no modality")
		}
		g.Head("y", layer.Dense{Units: 3}, b.Out)
		m, err := g.Build(7)
		if err != nil {
			t.Errorf("size %d: %v", size, err)
			continue
		}
		batch := braidtest.NewBatch(m, 13, 2)
		batch.Fill(m)
		batch.Forward()
		batch.Backward()
		for _, w := range m.Weights() {
			if strings.Contains(w.Name(), ".moving_") {
				continue
			}
			moved := false
			for _, v := range batch.Gradient(w) {
				moved = moved || v != 0
			}
			if !moved {
				t.Errorf("size %d: the gradient of %s is 0", size, w.Name())
			}
		}
	}
}

// A picture of an IDX file is read like a grey picture in a file of its own.
func TestImageArray(t *testing.T) {
	folder := t.TempDir()
	content := []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4}
	for i := range 32 {
		content = append(content, uint8(7*i))
	}
	flat := []byte{0, 0, 8, 1, 0, 0, 0, 1, 9}
	for name, content := range map[string][]byte{"two.idx": content, "flat.idx": flat} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f := feature.Image{Size: 4, Root: folder}
	e := learn(t, f, "two.idx#1", "./two.idx#0")
	if shape := e.Inputs("c")[0].Shape; !shape.Equal(tensor.Shape{4, 4, 1}) {
		t.Errorf("the shape is %v, want one channel", shape)
	}
	got, note, err := encodeImage(t, e, feature.Value{Text: "two.idx#1", Folder: "elsewhere"})
	if err != nil || note != 0 || !slices.Equal(got, content[32:]) {
		t.Errorf("pixels are %v, notes %v, error %v, want %v", got, note, err, content[32:])
	}
	for cell, want := range map[string]string{
		"two.idx#2":  `picture "two.idx#2": the file has 2 pictures, counted from 0`,
		"flat.idx#0": `flat.idx: the array has shape [1], want pictures: [count, height, width]`,
		"none.idx#0": `picture "none.idx#0": `,
	} {
		_, _, err := encodeImage(t, e, feature.Value{Text: cell, Folder: folder})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", cell, err, want)
		}
	}
	if _, _, err := encodeImage(t, e, feature.Value{Text: "other.idx#0"}); err == nil ||
		!strings.Contains(err.Error(), "names are not read here") {
		t.Errorf("without a folder: error is %v", err)
	}
}

// A picture in colour of a NumPy array is read like a file of its own.
func TestImageColourArray(t *testing.T) {
	folder := t.TempDir()
	const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2, 3), }"
	content := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
	content = append(content, header...)
	pixels := make([]byte, 24)
	for i := range pixels {
		pixels[i] = uint8(11 * i)
	}
	file := filepath.Join(folder, "two.npy")
	if err := os.WriteFile(file, append(content, pixels...), 0o666); err != nil {
		t.Fatal(err)
	}
	e := learn(t, feature.Image{Size: 2, Root: folder}, "two.npy#1", "two.npy#0")
	if shape := e.Inputs("c")[0].Shape; !shape.Equal(tensor.Shape{2, 2, 3}) {
		t.Errorf("the shape is %v, want three channels", shape)
	}
	got, note, err := encodeImage(t, e, feature.Value{Text: "two.npy#1", Folder: "elsewhere"})
	if err != nil || note != 0 || !slices.Equal(got, pixels[12:]) {
		t.Errorf("pixels are %v, notes %v, error %v, want %v", got, note, err, pixels[12:])
	}
}
