package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/experiment"
	"braid/internal/random"
	"braid/internal/report"
	"braid/train"
)

// script is a name that a page must not run.
const script = `<script>alert("1")</script>&'`

// odd writes data whose names and numbers strain a page, and its experiment file: two columns of
// pictures, 300 categories, 99 classes, names in Chinese, a head that only some parts have.
func odd(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	draw := random.New(1, "odd")
	for i := range 20 {
		picture := image.NewRGBA(image.Rect(0, 0, 40, 30))
		for at := range 40 * 30 {
			v := uint8(draw.Bits(uint64(100*i + at)))
			picture.Set(at%40, at/40, color.RGBA{uint8(12 * i), v, 90, 255})
		}
		var content bytes.Buffer
		if err := png.Encode(&content, picture); err != nil {
			t.Fatal(err)
		}
		write(t, folder, fmt.Sprintf("%d.png", i), content.Bytes())
	}
	lines := [][]string{{
		"前面", "back", script, "颜色", "说明", "种类", "价格", "是", "标签", "part", "late",
	}}
	for i := range 700 {
		bits := draw.Bits(uint64(i) + 1_000_000)
		picture := fmt.Sprintf("%d.png", bits%20)
		if bits>>8%10 == 0 {
			picture = "" // missing
		}
		line := []string{picture, fmt.Sprintf("%d.png", bits>>16%20), fmt.Sprint(bits % 50),
			fmt.Sprintf("第%d色", bits>>20%300), "好 " + strings.Repeat("long", int(bits>>32%60)),
			fmt.Sprintf("%s %d", script, i%99), fmt.Sprint(1 + bits%50*bits%50),
			[]string{"是", "不"}[bits%2], []string{";", "红", "红;" + script}[bits>>40%3],
			[]string{"train", "train", "validation", "test"}[i%4], []string{"x", "y"}[bits>>6%2]}
		if line[9] == "test" {
			line[10] = ""
		}
		lines = append(lines, line)
	}
	var content bytes.Buffer
	if err := csv.NewWriter(&content).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	write(t, folder, "rows.csv", content.Bytes())
	return write(t, folder, "odd.yaml", []byte("name: "+quoted("奇怪 <script>")+`
data: rows.csv
inputs:
  前面: {type: image, size: 32}
  back: {type: image, size: 16, channels: 1}
  `+quoted(script)+`: number
  颜色: {type: category, min_count: 1}
  说明: text
heads:
  种类: category
  价格: {type: number, log: true}
  是: {type: binary, true: 是}
  标签: labels
  late: category
split: {by: column, column: part}
train: {epochs: 2}
`))
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func write(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trained trains what an experiment file declares.
func trained(t testing.TB, path string) *report.Run {
	t.Helper()
	ctx := context.Background()
	e, err := experiment.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := e.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Build(ctx, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], b.Plan)
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Run{History: h, Frame: l.Frame, Unlabeled: l.Unlabeled}
	if r.File, err = b.File(h); err != nil {
		t.Fatal(err)
	}
	if r.Experiment, err = b.Resolved(); err != nil {
		t.Fatal(err)
	}
	for part, rows := range l.Rows {
		r.Parts = append(r.Parts, report.Part{Name: experiment.Part(part).String(), Rows: rows})
	}
	r.Measured = r.Parts[experiment.TestPart]
	return r
}

// written returns the report, which must be well-formed.
func written(t testing.TB, r *report.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(context.Background(), &b, r); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return b.String()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A page shows names as they are, runs none of them, names no other address, and has all there is.
func TestOddNames(t *testing.T) {
	r := trained(t, odd(t))
	page := written(t, r)
	for _, r := range []string{"<script", "javascript:", "ZgotmplZ"} {
		if strings.Contains(page, r) {
			t.Errorf("the page has %s", r)
		}
	}
	for _, text := range []string{
		"奇怪 &lt;script&gt;", "种类", "价格", "红", "20 most frequent of ", " other classes</th>",
		"No row of the test part has a label of this head.", "no label is known",
		"Predicted 价格 against the true one", "data:image/png;base64,", "14 more</summary>",
		"79 more</summary>", `“是”`, ">all<", "rows.csv:",
		"<figcaption>前面</figcaption>", "<figcaption>back</figcaption>", "percentage points on average",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	addresses := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, found := range addresses.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(found[1], "data:") && !strings.HasPrefix(found[1], "#") {
			t.Errorf("the page names %s", found[1])
		}
	}
	if n := len(page); n > 3_000_000 {
		t.Errorf("the page has %d bytes", n)
	}
	// Pictures are as the network sees them. A row that lacks the first one has the second one.
	sizes := map[string]int{}
	for _, size := range regexp.MustCompile(`width="\d+" height="\d+" alt="[^:]*: \d+\.png"`).
		FindAllString(page, -1) {
		width, _, _ := strings.Cut(size, " alt")
		sizes[width]++
	}
	if a, b := sizes[`width="32" height="32"`], sizes[`width="16" height="16"`]; a == 0 || b <= a {
		t.Errorf("the pictures have sizes %v", sizes)
	}
	r.Workers = 3
	if written(t, r) != page {
		t.Error("with other workers the page has other bytes")
	}
}

// Bad runs: parts without rows, without a history, with bad cells, without a column.
func TestIncomplete(t *testing.T) {
	whole := trained(t, odd(t))
	for name, c := range map[string]struct {
		change func(*report.Run)
		want   string
	}{
		"no rows":    {func(r *report.Run) { r.Measured.Rows = nil }, "the test part has no rows"},
		"no history": {func(r *report.Run) { r.History = nil }, "no epoch was trained whole"},
		"no model":   {func(r *report.Run) { r.File = nil }, "There is no model yet"},
		"validation": {func(r *report.Run) {
			r.Measured = r.Parts[experiment.ValidationPart]
		}, "It chose the epoch that is kept: on new rows the figures are likely to be worse."},
		"validation that chooses nothing": {func(r *report.Run) {
			e := *r.Experiment
			e.Train.Keep = experiment.KeepLast
			r.Experiment, r.Measured = &e, r.Parts[experiment.ValidationPart]
		}, "did not choose the epoch"},
		"one row": {func(r *report.Run) {
			r.Measured.Rows = r.Measured.Rows[:1]
		}, "1 row of the test"},
		"classes without rows": {func(r *report.Run) {
			r.Measured.Rows = r.Measured.Rows[:1]
		}, "Of the 99 classes of the model, 98 have no row here: "},
		"one epoch": {func(r *report.Run) {
			r.History = &train.History{Names: r.History.Names, Epochs: r.History.Epochs[:1]}
		}, "stopped after epoch 1 of at most 2"},
	} {
		r := *whole
		c.change(&r)
		if page := written(t, &r); !strings.Contains(strings.ToLower(page), strings.ToLower(c.want)) {
			t.Errorf("%s: the page lacks %q", name, c.want)
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	if err := report.Write(ctx, io.Discard, whole); !errors.Is(err, cause) {
		t.Errorf("after a cancel: %v", err)
	}
}

// History reads what train writes.
func TestReadHistory(t *testing.T) {
	want := &train.History{Names: []string{"loss", "种类_loss"}, Epochs: []train.Epoch{
		{Number: 1, Train: time.Second, Values: []float64{1.0 / 3, math.NaN()}},
		{Number: 2, Evaluate: time.Millisecond, Values: []float64{1e-9, 4}},
	}}
	var b bytes.Buffer
	if err := want.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	content := b.String()
	got, err := report.ReadHistory(strings.NewReader(content))
	if err != nil || !slices.Equal(got.Names, want.Names) || len(got.Epochs) != len(want.Epochs) {
		t.Fatal(got, err)
	}
	for i, e := range want.Epochs {
		if fmt.Sprint(got.Epochs[i]) != fmt.Sprint(e) { // NaN, too
			t.Errorf("epoch %d is %v, want %v", i+1, got.Epochs[i], e)
		}
	}
	for _, bad := range []string{
		"", "epoch\n1\n", strings.Replace(content, "\n1,", "\n2,", 1),
		strings.Replace(content, "\n1,", "\none,", 1), strings.TrimSuffix(content, "\n") + ",1\n",
	} {
		if _, err := report.ReadHistory(strings.NewReader(bad)); err == nil {
			t.Errorf("no error for %.40q", bad)
		}
	}
}
