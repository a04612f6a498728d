package main

import (
	"fmt"
	"regexp"
	"slices"
)

// comparison is the direction of a ratio.
type comparison uint8

const (
	absolute comparison = iota // no peer
	faster                     // theirs / ours
	within                     // ours / theirs
)

// row is one line of the table: a contender's figure, alone or against a peer.
type row struct {
	what    string
	contest string
	ours    string
	theirs  []string // candidates; the fastest is the peer
	compare comparison
	take    figure
	show    func(float64) string
	wanted  string
}

func seconds(r run) float64 { return r.Seconds }
func memory(r run) float64  { return r.Memory }

func epoch(s float64) string     { return fmt.Sprintf("%.1f ms an epoch", 1e3*s) }
func total(s float64) string     { return fmt.Sprintf("%.2f s", s) }
func megabytes(b float64) string { return fmt.Sprintf("%.3g MB", b/1e6) }
func micro(s float64) string     { return fmt.Sprintf("%.2f us", 1e6*s) }
func percent(x float64) string   { return fmt.Sprintf("%.1f %%", 100*x) }
func exponent(x float64) string  { return fmt.Sprintf("work^%.3f", x) }

// rate formats the time of rows rows as rows per second.
func rate(rows float64) func(float64) string {
	return func(s float64) string {
		if rows/s < 1e6 {
			return fmt.Sprintf("%.0f rows/s", rows/s)
		}
		return fmt.Sprintf("%.2f million rows/s", rows/s/1e6)
	}
}

// rows returns the rows of the table, with the goals of the engine's design.
func rows() []row {
	var list []row
	for _, some := range [][]row{
		seedRows(), trainingRows("wide", "1.3x"), trainingRows("text", "2x"),
		trainingRows("gru", "2x"), trainingRows("transformer", "1.5x"),
		trainingRows("record", "1.3x"), trainingRows("resnet", "1.2x"),
		trainingRows("movies", "3x"), trainingRows("food", "3x"),
		productRows(), convolutionRows(), layerRows(), predictionRows(), growthRows(),
	} {
		list = append(list, some...)
	}
	return list
}

// trains returns the row of a contest of training.
func trains(what, contest, ours string, theirs []string, compare comparison, wanted string) row {
	return row{what, contest, ours, theirs, compare, reading("train_s"), epoch, wanted}
}

func seedRows() []row {
	return []row{
		trains("seed, 1 worker, PyTorch tuned", "seed", braid1, one(torchTuned), faster, "15x"),
		trains("seed, 1 worker, PyTorch eager", "seed", braid1, one(torchEager), faster, ""),
		trains("seed, 1 worker, PyTorch as in the book", "seed", braid1, one(torchBook), faster, "26x"),
		trains("seed, 2 workers, PyTorch tuned", "seed", braid2, one(torchTuned), faster, "25x"),
		trains("seed, 2 workers, PyTorch as in the book", "seed", braid2, one(torchBook), faster, "43x"),
		trains("seed, 1 worker, limit program", "seed", braid1, one(limit1), within, "within 1.15x"),
		trains("seed, 2 workers, limit program", "seed", braid2, one(limit2), within, "within 1.20x"),
		trains("seed, AVX2, 1 worker, limit program", "seed", braidAVX2, one(limitAVX2), within,
			"within 1.15x"),
		{"braid train, whole process", "command", braidTrain, one(torchTuned), faster, seconds, total,
			"under 0.9 s, 13x"},
		{"braid train, peak memory", "command", braidTrain, one(torchTuned), faster, memory, megabytes,
			"150 MB (PyTorch: 650)"},
	}
}

// trainingRows returns the rows of a network that PyTorch trains too.
func trainingRows(network, wanted string) []row {
	torches := []string{torch1, torch2, torchOwn2, torchBLAS2}
	list := []row{
		trains(network+", 1 worker", network, braid1, one(torch1), faster, wanted),
		trains(network+", 2 workers", network, braid2, torches, faster, wanted),
	}
	if network == "wide" {
		list = append(list,
			trains("wide, second worker's speed-up", network, braid2, one(braid1), faster, "1.85x"))
	}
	return list
}

func productRows() []row {
	product := func(size string, workers int, ours, wanted string) row {
		what := fmt.Sprintf("product of %s³, share of the peak, %s", size, plural(workers))
		take := share("gflops", workers)
		return row{what, "product " + size, ours, nil, absolute, take, percent, wanted}
	}
	return []row{
		product("512", 1, braid1, "92 %"), product("512", 2, braid2, "88 %"),
		product("1024", 1, braid1, "92 %"), product("1024", 2, braid2, "88 %"),
	}
}

// convolutionRows returns the rows of the passes of convolutions.
func convolutionRows() []row {
	var list []row
	for _, c := range convolutions {
		for _, pass := range convolutionPasses {
			what := fmt.Sprintf("conv 3x3, %s, %s, share of the peak, 1 worker", c, pass)
			wanted := "70 %"
			if pass == "forward" {
				wanted = "80 %"
			}
			list = append(list,
				row{what, c.contest().name, braid1, nil, absolute, share(pass, 1), percent, wanted})
		}
	}
	return list
}

// layerRows returns the rows of single layers.
func layerRows() []row {
	var list []row
	for _, l := range measuredLayers {
		list = append(list, row{"layer " + l.name, layerContest().name, braid1,
			one(torch1), faster, reading(l.name), micro, "0.2x"})
	}
	return list
}

func predictionRows() []row {
	predicts := func(
		what, network string, rows int, ours string, theirs []string, show func(float64) string,
		wanted string,
	) row {
		name, take := predictionName(network, rows), reading("predict_s")
		return row{what, name, ours, theirs, faster, take, show, wanted}
	}
	parts := []string{onnx2, onnx2Parts}
	return []row{
		predicts("prediction, one row", "seed", 1, braid1, one(onnx1), micro,
			"2 us (ONNX Runtime: 7.6)"),
		predicts("prediction, 64 rows, 1 worker", "seed", 64, braid1, one(onnx1), rate(64),
			"3 million rows/s (ONNX Runtime: 1.3)"),
		predicts("prediction, 10,000 rows, 2 workers", "seed", 10_000, braid2, parts, rate(10_000),
			"5 million rows/s (ONNX Runtime: 2.2)"),
		predicts("prediction of record, one row", "record", 1, braid1, one(onnx1), micro, "1.0x"),
		predicts("prediction of record, 10,000 rows, 2 workers", "record", 10_000, braid2, parts,
			rate(10_000), "1.0x"),
		{"prediction of resnet, memory of a predictor", "memory", braid1, nil, absolute,
			reading("predictor_bytes"), megabytes, "under 20 MB"},
	}
}

// growthRows returns the rows of exponents of time against work.
func growthRows() []row {
	var list []row
	for _, g := range growths {
		list = append(list, row{"growth of a step's time with " + g.name + ", 1 worker",
			"growth of " + g.name, braid1, nil, absolute, reading("exponent"), exponent,
			"at most work^1.02"})
	}
	return list
}

func plural(workers int) string {
	if workers == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", workers)
}

// chosen returns the rows whose names match only, and the contests with the contenders of these
// rows.
func chosen(only *regexp.Regexp) ([]row, []contest) {
	list := slices.DeleteFunc(rows(), func(r row) bool { return !only.MatchString(r.what) })
	var needed []contest
	for _, c := range contests() {
		c.contenders = slices.DeleteFunc(c.contenders, func(who contender) bool {
			return !slices.ContainsFunc(list, func(r row) bool {
				return r.contest == c.name && (r.ours == who.name || slices.Contains(r.theirs, who.name))
			})
		})
		if len(c.contenders) > 0 {
			needed = append(needed, c)
		}
	}
	return list, needed
}
