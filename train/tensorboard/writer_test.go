package tensorboard_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid"
	"braid/layer"
	"braid/tensor"
	"braid/train/tensorboard"
)

func TestKnownChecksum(t *testing.T) {
	const crc = 0xe3069283 // CRC-32C of 123456789, from its definition
	want := uint32(crc>>15|crc<<17&(1<<32-1)) + 0xa282ead8
	if got := maskedCRC([]byte("123456789")); got != want {
		t.Errorf("the test's checksum is %08x, want %08x", got, want)
	}
}

func TestWriter(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "runs", "one")
	began := float64(time.Now().Unix())
	w, err := tensorboard.Create(folder)
	if err != nil {
		t.Fatal(err)
	}
	grey, colour := image.NewGray(image.Rect(2, 1, 5, 3)), image.NewRGBA(image.Rect(0, 0, 2, 4))
	grey.SetGray(3, 2, color.Gray{Y: 77})
	opaque := color.RGBA{R: 9, G: 8, B: 7, A: 255}
	colour.Set(1, 3, opaque)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	numbers := []float32{-3, 0, 0.5, nan, 1, 27, 27, inf}
	for _, err := range []error{
		w.Scalar("a/loss", 0, 0), w.Scalar("a/loss", 300, 0.1),
		w.Scalars(7, []string{"x", "y"}, []float64{math.Inf(1), -2}),
		w.Histogram("h", 5, numbers), w.Histogram("h", 6, []float32{2, 2}), w.Histogram("h", 7, nil),
		w.Image("grey", 1, grey), w.Image("colour", 2, colour), w.Restart(9),
		w.Sync(), w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v (%v)", files, err)
	}
	events := readFile(t, files[0])
	if len(events) != 10 || events[9].in("session_log").get("status").Int() != 1 {
		t.Fatalf("%d events", len(events))
	}
	if n := len(readFolder(t, folder)); n != 9 { // the point of step 300 is after the restart
		t.Errorf("%d events after the restart, want 9", n)
	}
	if got := events[0].in("source_metadata").get("writer").String(); got != "braid" {
		t.Errorf("the writer is %q", got)
	}
	var steps []int64
	for _, e := range events {
		steps = append(steps, e.get("step").Int())
		if at := e.get("wall_time").Float(); at < began || at > began+60 {
			t.Errorf("time %v, want %v", at, began)
		}
	}
	if want := []int64{0, 0, 300, 7, 5, 6, 7, 1, 2, 9}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	value := func(event, i int) node { return events[event].in("summary").list("value")[i] }
	for _, c := range []struct {
		event, i int
		tag      string
		want     float32
	}{{1, 0, "a/loss", 0}, {2, 0, "a/loss", 0.1}, {3, 0, "x", inf}, {3, 1, "y", -2}} {
		v := value(c.event, c.i)
		got := float32(v.get("simple_value").Float())
		if !v.has("simple_value") || got != c.want || v.get("tag").String() != c.tag {
			t.Errorf("event %d: %q is %v, want %q %v", c.event, v.get("tag").String(), got, c.tag, c.want)
		}
	}
	h := value(4, 0).in("histo")
	counts := make([]float64, 30)
	counts[0], counts[3], counts[4], counts[29] = 1, 2, 1, 2 // each bucket is 1 wide, from -3
	limits := h.doubles("bucket_limit")
	if h.get("min").Float() != -3 || h.get("max").Float() != 27 || h.get("num").Float() != 6 ||
		h.get("sum").Float() != 52.5 || h.get("sum_squares").Float() != 9+0.25+1+2*729 ||
		!slices.Equal(h.doubles("bucket"), counts) || len(limits) != 30 || limits[0] != -2 ||
		limits[29] != 27 {
		t.Errorf("histogram %v", h)
	}
	h = value(5, 0).in("histo")
	if !slices.Equal(h.doubles("bucket"), []float64{2}) || h.get("min").Float() != 2 ||
		!slices.Equal(h.doubles("bucket_limit"), []float64{2}) {
		t.Errorf("histogram of equal numbers: %v", h)
	}
	if h = value(6, 0).in("histo"); h.get("num").Float() != 0 || len(h.doubles("bucket")) != 0 {
		t.Errorf("histogram of nothing: %v", h)
	}
	for event, c := range map[int]struct {
		height, width, space int64
		x, y                 int
		want                 color.Color
	}{7: {2, 3, 1, 1, 1, color.Gray{Y: 77}}, 8: {4, 2, 4, 1, 3, opaque}} {
		i := value(event, 0).in("image")
		got, err := png.Decode(bytes.NewReader(i.get("encoded_image_string").Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, a := got.At(c.x, c.y).RGBA()
		wr, wg, wb, wa := c.want.RGBA()
		if i.get("height").Int() != c.height || i.get("width").Int() != c.width ||
			i.get("colorspace").Int() != c.space || got.Bounds().Dx() != int(c.width) || r != wr ||
			g != wg || b != wb || a != wa {
			t.Errorf("event %d: image %v", event, i)
		}
	}
}

func TestGraph(t *testing.T) {
	g := braid.NewGraph("g")
	ids, x := g.Input("ids", tensor.Int32, 2), g.Input("x", tensor.Float32, 3)
	flat := g.Add("flat", layer.Flatten{}, g.Add("e", layer.Embedding{Vocabulary: 5, Width: 4}, ids))
	both := g.Add("both", layer.Concatenate{}, flat, x)
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, both)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	w, err := tensorboard.Create(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Graph(m); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range readFolder(t, folder)[1].in("graph_def").list("node") {
		line := []string{n.get("name").String(), n.get("op").String()}
		for i := range n.get("input").List().Len() {
			line = append(line, "<"+n.get("input").List().Get(i).String())
		}
		for _, a := range n.list("attr") {
			v, text := a.in("value"), a.get("key").String()+"="
			if v.has("s") {
				text += string(v.get("s").Bytes())
			}
			for _, shape := range v.in("list").list("shape") {
				for _, axis := range shape.list("dim") {
					text += "," + axis.get("size").String()
				}
			}
			line = append(line, text)
		}
		got = append(got, strings.Join(line, " "))
	}
	want := []string{
		"ids Placeholder _output_shapes=,-1,2",
		"x Placeholder _output_shapes=,-1,3",
		`e Embedding <ids _output_shapes=,-1,2,4 config={"vocabulary":5,"width":4}`,
		"flat Flatten <e _output_shapes=,-1,8 config={}",
		"both Concatenate <flat <x _output_shapes=,-1,11 config={}",
		`y Dense <both _output_shapes=,-1,1 config={"units":1,"activation":"sigmoid"} head=true`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A file comes after those that exist, also if they were made in the same second or by a clock that
// went ahead.
func TestOrderOfFiles(t *testing.T) {
	folder := t.TempDir()
	for i := range 3 {
		w, err := tensorboard.Create(folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Scalar("n", i, float64(i)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			future := filepath.Join(folder, "events.out.tfevents.2900000000.host.1.0")
			if err := os.WriteFile(future, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(future)
		}
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 4 {
		t.Fatalf("files %v (%v)", names, err)
	}
	for i, path := range []string{names[0], names[2], names[3]} {
		if got := readFile(t, path)[1].get("step").Int(); got != int64(i) {
			t.Errorf("file %d has step %d", i, got)
		}
	}
}

func TestWriterFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tensorboard.Create(file); err == nil ||
		!strings.HasPrefix(err.Error(), "tensorboard: ") {
		t.Errorf("error is %v", err)
	}
	w, err := tensorboard.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Scalars(1, []string{"a"}, nil); err == nil {
		t.Error("a tag without a value is no error")
	}
	if err := w.Image("empty", 1, image.NewGray(image.Rect(0, 0, 0, 0))); err == nil ||
		!strings.Contains(err.Error(), `image "empty"`) {
		t.Errorf("error is %v", err)
	}
	if err := w.Image("none", 1, (*image.Gray)(nil)); err == nil ||
		!strings.Contains(err.Error(), `image "none" is a nil *image.Gray, want an image`) {
		t.Errorf("error is %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{w.Scalar("a", 1, 1), w.Restart(1), w.Sync(), w.Close()} {
		if err == nil || !strings.Contains(err.Error(), "file already closed") {
			t.Errorf("error is %v", err)
		}
	}
}
