package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// boardPoint is a value of a tag at a step, as event files have it.
type boardPoint struct {
	tag       string
	step      uint64
	value     float32 // of a scalar
	picture   []byte  // PNG
	histogram bool
}

// fieldsOf calls visit with each field of a message of protocol buffers.
func fieldsOf(
	t *testing.T, message []byte, visit func(n protowire.Number, number uint64, b []byte),
) {
	t.Helper()
	for len(message) > 0 {
		n, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		message = message[size:]
		var number uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			number, size = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var v uint32
			v, size = protowire.ConsumeFixed32(message)
			number = uint64(v)
		case protowire.Fixed64Type:
			number, size = protowire.ConsumeFixed64(message)
		default:
			content, size = protowire.ConsumeBytes(message)
		}
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		visit(n, number, content)
		message = message[size:]
	}
}

// readBoard returns the points of the event files in a folder, in the order in which they were
// written, and the number of graphs.
func readBoard(t *testing.T, folder string) (points []boardPoint, graphs int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "events.out.tfevents.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d event files in %s, error %v", len(files), folder, err)
	}
	slices.Sort(files)
	for _, file := range files {
		rest, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for len(rest) > 0 {
			size := binary.LittleEndian.Uint64(rest)
			var step uint64
			fieldsOf(t, rest[12:][:size], func(n protowire.Number, number uint64, b []byte) {
				switch n {
				case 2:
					step = number
				case 4:
					graphs++
				case 5:
					fieldsOf(t, b, func(_ protowire.Number, _ uint64, value []byte) {
						points = append(points, pointOf(t, step, value))
					})
				}
			})
			rest = rest[12+size+4:]
		}
	}
	return points, graphs
}

func pointOf(t *testing.T, step uint64, value []byte) boardPoint {
	t.Helper()
	p := boardPoint{step: step}
	fieldsOf(t, value, func(n protowire.Number, number uint64, b []byte) {
		switch n {
		case 1:
			p.tag = string(b)
		case 2:
			p.value = math.Float32frombits(uint32(number))
		case 4:
			fieldsOf(t, b, func(n protowire.Number, _ uint64, b []byte) {
				if n == 4 {
					p.picture = b
				}
			})
		case 5:
			p.histogram = true
		}
	})
	return p
}

// checkScalars compares the curves of a folder with a run's history: its figures with a prefix.
func checkScalars(t *testing.T, dir, folder, run, prefix string, epochs int) {
	t.Helper()
	file, err := os.Open(filepath.Join(run, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil || len(lines) != epochs+1 {
		t.Fatalf("%d lines of history.csv, error %v, want %d epochs", len(lines), err, epochs)
	}
	points, _ := readBoard(t, filepath.Join(dir, folder))
	found := 0
	for column, name := range lines[0] {
		figure, ok := strings.CutPrefix(name, prefix)
		if !ok || prefix == "" && strings.HasPrefix(name, "val_") {
			continue
		}
		for epoch, line := range lines[1:] {
			want, err := strconv.ParseFloat(line[column], 64)
			if err != nil {
				continue
			}
			for _, p := range points {
				if p.tag == "epoch_"+figure && p.step == uint64(epoch+1) {
					found++
					if p.value != float32(want) {
						t.Errorf("%s of epoch %d is %v, want %v", name, epoch+1, p.value, want)
					}
				}
			}
		}
	}
	if found < 3*epochs {
		t.Errorf("%s has %d points of figures, want %d or more", folder, found, 3*epochs)
	}
}

// writePictures writes rows with pictures, whose experiment file it returns.
func writePictures(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	m := newTestRows(t, writeDataset(t), 80)
	var b strings.Builder
	b.WriteString("photo,size,kind\n")
	for row := range m.rows() {
		name := fmt.Sprintf("%02d.png", row)
		writeFile(t, folder, name, encodePNG(t, m.image(row)))
		fmt.Fprintf(&b, "%s,%d,%s\n", name, m.labels[row], []string{"small <b>", "大"}[m.labels[row]/5])
	}
	writeFile(t, folder, "rows.csv", []byte(b.String()))
	return writeFile(t, folder, "photos.yaml", []byte("data: rows.csv\ninputs: {photo: {type: image, "+
		"size: 12}, size: number}\nheads: {kind: category}\ntrain: {epochs: 2, patience: 1000}\n"))
}

// Event files have the figures of each epoch, histograms of the weights, one graph, and pictures
// with their answers. A resumed run goes on in their folder, also from another current folder.
func TestTensorboard(t *testing.T) {
	file := writePictures(t)
	folder := t.TempDir()
	t.Chdir(folder)
	run := filepath.Join(folder, "run")
	mustCall(t, "train", file, "--out", run, "--log", "none", "--tensorboard", "board")
	t.Chdir(t.TempDir())
	mustCall(t, "train", "--resume", run, "--log", "none", "--epochs", "3")
	board := filepath.Join(folder, "board")
	checkScalars(t, board, "train", run, "", 3)
	checkScalars(t, board, "validation", run, "val_", 3)
	points, graphs := readBoard(t, filepath.Join(board, "train"))
	histograms, pictures := map[string]int{}, map[string]int{}
	for _, p := range points {
		if p.histogram {
			histograms[p.tag]++
		}
		if p.picture == nil {
			continue
		}
		pictures[p.tag]++
		shown, err := png.Decode(bytes.NewReader(p.picture))
		if err != nil {
			t.Fatal(err)
		}
		const side = 14 * 12 // captionSide is not a multiple of 12
		size := shown.Bounds().Size()
		if size.X < side || size.Y != side+captionHeight+captionMargin {
			t.Errorf("%s has %v pixels", p.tag, size)
		}
		dark := 0
		for y := side; y < size.Y; y++ {
			for x := range size.X {
				if r, _, _, _ := shown.At(x, y).RGBA(); r < 0x4000 {
					dark++
				}
			}
		}
		if dark < 50 {
			t.Errorf("the caption of %s has %d dark pixels", p.tag, dark)
		}
	}
	if graphs != 1 || histograms["kind/kernel"] != 3 ||
		histograms["kind/kernel_grad"] != 3 || len(pictures) != samplePictures ||
		pictures["photo/1"] != 3 {
		t.Errorf("%d graphs, histograms %v, pictures %v", graphs, histograms, pictures)
	}
}

// The run of digitqa shows its digits, and --tensorboard changes the folder of a resumed run.
func TestTensorboardDigits(t *testing.T) {
	folder, data := t.TempDir(), writeDataset(t)
	run, board := filepath.Join(folder, "run"), filepath.Join(folder, "board")
	train := words("train --epochs 2 --batch 16 --log none")
	mustCall(t, append(train, "--data", data, "--out", run, "--tensorboard", board)...)
	checkScalars(t, board, "train", run, "", 2)
	points, _ := readBoard(t, filepath.Join(board, "train"))
	m := newTestRows(t, data, samplePictures)
	digits, _ := m.answers(t, run) // after the second epoch
	found := 0
	for _, p := range points {
		if row := strings.TrimPrefix(p.tag, "image/"); p.step == 2 && p.picture != nil {
			i, err := strconv.Atoi(row)
			if err != nil {
				t.Fatal(err)
			}
			found++
			checkPicture(t, p, m.image(i-1), digits[10*(i-1):][:10], m.labels[i-1])
		}
	}
	if found != samplePictures {
		t.Errorf("%d pictures of the second epoch, want %d", found, samplePictures)
	}
	other := filepath.Join(folder, "other")
	mustCall(t, "train", "--resume", run, "--epochs", "3", "--log", "none", "--tensorboard", other)
	if points, _ := readBoard(t, filepath.Join(other, "train")); points[0].step != 3 {
		t.Errorf("the first point is of epoch %d, want 3", points[0].step)
	}
	var c config
	if err := json.Unmarshal([]byte(content(t, filepath.Join(run, configName))), &c); err != nil ||
		c.Options.Board != other {
		t.Errorf("config.json has %q, error %v", c.Options.Board, err)
	}
	blocked := writeFile(t, folder, "file", nil)
	checkFails(t, "--tensorboard: ", append(train, "--data", data, "--tensorboard", blocked,
		"--out", filepath.Join(folder, "none"))...)
	if _, err := os.Stat(filepath.Join(folder, "none")); err == nil {
		t.Error("a run that did not begin left its folder")
	}
}

// checkPicture compares a picture with its pixels, 6 x 5, and the first line under it with the
// answer of the digit.
func checkPicture(t *testing.T, p boardPoint, pixels []uint8, outputs []float32, label uint8) {
	t.Helper()
	got, err := png.Decode(bytes.NewReader(p.picture))
	if err != nil {
		t.Fatal(err)
	}
	digit := slices.Index(outputs, slices.Max(outputs))
	grey := image.NewGray(image.Rect(0, 0, 5, 6))
	copy(grey.Pix, pixels)
	line := fmt.Sprintf("digit: %d, %.0f %% (label: %d)", digit, 100*outputs[digit], label)
	want, err := caption(grey, []string{line})
	if err != nil {
		t.Fatal(err)
	}
	size := want.Bounds().Size()
	for y := range size.Y - 2 { // where the second line does not reach
		for x := range size.X {
			if color.NRGBAModel.Convert(got.At(x, y)) != color.NRGBAModel.Convert(want.At(x, y)) {
				t.Errorf("%s: the pixel at %d, %d is %v, want %v for %q", p.tag, x, y, got.At(x, y),
					want.At(x, y), line)
				return
			}
		}
	}
}
