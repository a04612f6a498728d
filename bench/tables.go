package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/tensor"
	"braid/train"
)

// tableNames are data sets whose default network PyTorch trains too. Their experiment files are in
// examples/owndata.
var tableNames = []string{"movies", "food"}

// readTable builds the default network of an experiment file. data is the folder of the data.
func readTable(
	ctx context.Context, path, data string, seed int, o experiment.Options,
) (*experiment.Built, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(data, filepath.Base(path))
	e, err := experiment.Parse(name, content, "train.seed="+strconv.Itoa(seed))
	if err != nil {
		return nil, err
	}
	rows, err := e.Load(ctx)
	if err != nil {
		return nil, err
	}
	return rows.Build(ctx, o)
}

// trainTable trains the default network of an experiment file for some epochs.
func (j job) trainTable(ctx context.Context, out io.Writer) error {
	b, err := readTable(ctx, j.experiment, j.dir, 1, experiment.Options{Workers: j.workers})
	if err != nil {
		return err
	}
	plan := b.Plan
	plan.Epochs, plan.Workers = j.epochs, j.workers
	plan.Callbacks = []train.Callback{train.JSONLog(out)}
	_, err = train.Fit(ctx, b.Model, b.Tables[experiment.TrainPart], plan)
	return err
}

// exported is meta.json of exported tables: what pytorch/tables.py needs of the network.
type exported struct {
	Batch   int              `json:"batch"`
	Columns []exportedColumn `json:"columns"`
	Heads   []exportedHead   `json:"heads"`
	Inputs  []exportedArray  `json:"inputs"`
	Labels  []exportedArray  `json:"labels"`
}

// exportedColumn is a column of the data and its branch of the network.
type exportedColumn struct {
	Kind   string         `json:"kind"` // text, image, embedding, or numbers
	Names  []string       `json:"names"`
	Shapes []tensor.Shape `json:"shapes"`
	IDs    []int          `json:"ids"`   // the number of ids of each input
	Width  int            `json:"width"` // of the branch's output
	Read   int            `json:"read"`  // the first inputs, which the branch reads
	Wide   bool           `json:"wide"`  // heads of classes read the last input
}

type exportedHead struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Outputs   int       `json:"outputs"`
	Biases    []float32 `json:"biases"`
	Smoothing float64   `json:"smoothing"`
	Std       float64   `json:"std"`            // of a number, in its unit
	Loss      float64   `json:"loss_factor"`    // in the rule that decides which epoch is kept
	Answers   float64   `json:"answers_factor"` // likewise
}

type exportedArray struct {
	Type  string       `json:"type"`
	Shape tensor.Shape `json:"shape"`
}

// export writes the tables of an experiment to a folder.
func export(b *experiment.Built, folder string) error {
	meta := exported{Batch: b.Plan.Batch}
	var inputs, labels []string
	for _, f := range b.Features {
		c, err := exportColumn(b, f)
		if err != nil {
			return err
		}
		meta.Columns = append(meta.Columns, c)
		inputs = append(inputs, c.Names...)
	}
	for i, t := range b.Targets {
		h, err := exportHead(t.Decoder, b.Guesses[i])
		if err != nil {
			return fmt.Errorf("head %q: %w", t.Column, err)
		}
		h.Name = t.Column
		meta.Heads = append(meta.Heads, h)
		labels = append(labels, feature.Name(t.Column))
	}
	for part, table := range b.Tables {
		name := experiment.Part(part).String()
		var err error
		if meta.Inputs, err = exportArrays(table, folder, name+".inputs", inputs); err != nil {
			return err
		}
		if meta.Labels, err = exportArrays(table, folder, name+".labels", labels); err != nil {
			return err
		}
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "meta.json"), text, 0o644)
}

func exportColumn(b *experiment.Built, f modelfile.Feature) (c exportedColumn, err error) {
	size := 0
	for _, in := range f.Encoder.Inputs(f.Column) {
		c.Names, c.Shapes = append(c.Names, in.Name), append(c.Shapes, in.Shape)
		c.IDs = append(c.IDs, in.Vocabulary)
		size += in.Shape.Size()
	}
	switch e := f.Encoder.(type) {
	case *feature.TextEncoder:
		dense, err := b.Model.Weight(feature.Part(f.Column, "dense.bias"))
		if err != nil {
			return c, err
		}
		c.Kind, c.Width = "text", dense.Shape().Size()
		c.Wide = e.Grams > 0
		if c.Read = 1; e.Deep {
			c.Read = 2
		}
	case *feature.ImageEncoder:
		c.Kind, c.Width = "image", 64
	case *feature.CategoryEncoder:
		if c.Kind, c.Width = "numbers", size; e.Width > 0 {
			c.Kind, c.Width = "embedding", e.Width
		}
	case *feature.NumberEncoder, *feature.DateEncoder:
		c.Kind, c.Width = "numbers", size
	default:
		return c, fmt.Errorf("input %q: pytorch/tables.py has no branch for a %s", f.Column, e.Kind())
	}
	return c, nil
}

func exportHead(d target.Decoder, guess target.Score) (h exportedHead, err error) {
	h.Kind, h.Outputs, h.Biases = d.Kind(), len(d.Guess()), d.Biases()
	if h.Biases == nil {
		h.Biases = make([]float32, h.Outputs)
	}
	h.Loss, h.Answers = target.Factors(d, guess)
	switch d := d.(type) {
	case target.CategoryDecoder:
		h.Smoothing = d.Smoothing
	case target.NumberDecoder:
		h.Std = d.Std
	default:
		return h, fmt.Errorf("pytorch/tables.py has no head for a %s", d.Kind())
	}
	return h, nil
}

// exportArrays writes columns of a table to files, little-endian: that of column i is name.i.
func exportArrays(t *data.Table, folder, name string, columns []string) ([]exportedArray, error) {
	tensors, err := t.Tensors(columns...)
	if err != nil {
		return nil, err
	}
	var list []exportedArray
	for i, column := range columns {
		x := tensors[column]
		file, err := os.Create(filepath.Join(folder, fmt.Sprint(name, ".", i)))
		if err != nil {
			return nil, err
		}
		if x.DType() == tensor.Int32 {
			err = binary.Write(file, binary.LittleEndian, x.Int32s())
		} else {
			err = binary.Write(file, binary.LittleEndian, x.Float32s())
		}
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, err
		}
		list = append(list, exportedArray{x.DType().String(), x.Shape()[1:]})
	}
	return list, nil
}

// table returns the experiment file and the data folder of a data set.
func (l *lab) table(name string) (path, data string, err error) {
	if l.tables == "" {
		return "", "", fmt.Errorf("no data: name their folder with -tables, such as DIR of DIR/%s/%s.csv",
			name, name)
	}
	path = filepath.Join(l.root, "examples", "owndata", name+".yaml")
	return path, filepath.Join(l.tables, name), nil
}

// braidTrainsTable returns a contender that trains the default network of a data set.
func braidTrainsTable(name, table string, workers int) contender {
	return contender{name, func(_ context.Context, l *lab) (command, error) {
		path, data, err := l.table(table)
		if err != nil {
			return command{}, err
		}
		args := []string{"job", "-do", "train", "-experiment", path, "-dir", data,
			"-workers", strconv.Itoa(workers), "-epochs", strconv.Itoa(l.epochs)}
		return command{path: l.self, args: args, read: medianOf("train_s")}, nil
	}}
}

// pytorchTrainsTable returns a contender that trains the same network on the same rows.
func pytorchTrainsTable(name, table string, n threads) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		t, err := l.pytorch(ctx)
		if err != nil {
			return command{}, err
		}
		folder, err := once(l, "table "+table, func() (string, error) {
			path, data, err := l.table(table)
			if err != nil {
				return "", err
			}
			folder := filepath.Join(l.temp, table)
			if err := os.Mkdir(folder, 0o755); err != nil {
				return "", err
			}
			_, err = l.tool(ctx, nil, "", l.self, "job", "-do", "export", "-experiment", path, "-dir", data,
				"-to", folder)
			return folder, err
		})
		if err != nil {
			return command{}, err
		}
		return t.trains(l.script("tables.py"), n, l.peerEpochs, folder), nil
	}}
}

// tableContest returns the contest of training the default network of a data set.
func tableContest(name string) contest {
	return contest{name, []contender{
		braidTrainsTable(braid1, name, 1),
		braidTrainsTable(braid2, name, 2),
		pytorchTrainsTable(torch1, name, threads{1, 1}),
		pytorchTrainsTable(torch2, name, threads{2, 2}),
		pytorchTrainsTable(torchOwn2, name, threads{2, 1}),
		pytorchTrainsTable(torchBLAS2, name, threads{1, 2}),
	}}
}
