package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/data"
	"braid/data/datafile"
	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/predictor"
)

// keepAll is the value of --keep that keeps all columns.
const keepAll = "*"

func (f *predictFlags) keepsAll() bool { return slices.Equal(f.keep, []string{keepAll}) }

// setQuestions tests the flags for questions, and sets how the model reads unknown words.
func (f *predictFlags) setQuestions(
	m *predictor.Model, changed func(flag string) bool,
) error {
	text, words := batchpredict.Text(m)
	if words == nil {
		for _, flag := range []string{"question", "questions", "unknown"} {
			if changed(flag) {
				return usage("--%s: the model reads no question: its columns are %s", flag,
					batchpredict.Takes(m))
			}
		}
		return nil
	}
	words.Drop = f.unknown == "drop"
	if f.question == "" {
		return nil
	}
	b := m.NewBatch(1)
	defer m.Free(b)
	if _, err := text.Encode(b, 0, feature.Value{Text: f.question}); err != nil {
		return fmt.Errorf("--question: %w", err)
	}
	return nil
}

// rows opens the rows of --in, and returns the columns of --keep. path is the model's.
func (f *predictFlags) rows(
	ctx context.Context, s streams, path string, m *predictor.Model,
) (rows batchpredict.Rows, keep []string, err error) {
	info, missing := os.Stat(f.in)
	switch {
	case f.in == "-":
	case missing != nil:
		return nil, nil, fmt.Errorf("--in: %w", suggest.MissingFile(f.in, "a file of rows", missing))
	case info.IsDir():
		return f.table(path, m, nil)
	}
	if f.in == "-" && isTerminal(s.in) {
		return nil, nil, usage("--in - is a terminal, want rows, such as with < new.csv")
	}
	file, err := batchpredict.Open(ctx, f.in, s.in)
	if err != nil {
		return nil, nil, fmt.Errorf("--in: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	isFile := f.in != "-" && info.Mode().IsRegular()
	content, err := f.content(file)
	switch {
	case err != nil:
		return nil, nil, err
	case content == batchpredict.Images && (batchpredict.TakesPixels(m) || !isFile):
		rows, err = f.idx(ctx, s, file, m)
		return rows, f.keep, err
	case content == batchpredict.JSON:
		if err := f.checkNoIDX(); err != nil {
			return nil, nil, err
		}
		folder := "."
		if isFile {
			folder = filepath.Dir(filepath.Clean(f.in))
		}
		keep, err := f.keptNames(ctx, m, isFile)
		return batchpredict.NewJSONLines(file, folder), keep, err
	case isFile:
		file.Close()
		return f.table(path, m, nil)
	}
	return f.table(path, m, file)
}

// content returns what a file has: by --in-format, by its name, or by its first bytes.
func (f *predictFlags) content(file *batchpredict.File) (batchpredict.Content, error) {
	switch f.inFormat {
	case "":
	case "jsonl":
		return batchpredict.JSON, nil
	default:
		return batchpredict.Other, nil
	}
	content, err := file.Content()
	if err != nil || content == batchpredict.Images {
		return content, err
	}
	switch extension, _ := extensions(f.in); extension {
	case ".csv", ".txt", ".tsv", ".tab", ".parquet", ".pq", ".npy", ".npz":
		return batchpredict.Other, nil
	case ".jsonl", ".ndjson", ".json-lines", ".json":
		return batchpredict.JSON, nil
	}
	return content, nil
}

// checkNoIDX tests that no flag has files that belong to images.
func (f *predictFlags) checkNoIDX() error {
	switch {
	case f.questions != "":
		return usage("--questions is for IDX images: other rows contain their questions")
	case f.labels != nil:
		return usage("--labels is for IDX images: other rows contain their labels by the heads' names")
	}
	return nil
}

// table opens the rows of a table: of the file or folder of --in, or of a pipe.
func (f *predictFlags) table(
	path string, m *predictor.Model, pipe *batchpredict.File,
) (batchpredict.Rows, []string, error) {
	if err := f.checkNoIDX(); err != nil {
		return nil, nil, err
	}
	e, err := experimentOf(path)
	if err != nil {
		return nil, nil, err
	}
	o := e.FileOptions()
	o.Format = tableFormats[f.inFormat]
	name, folder := f.in, "."
	var source data.Source
	if pipe == nil {
		folder = filepath.Dir(filepath.Clean(f.in)) // of pictures/ as of pictures
		source, err = datafile.Open(f.in, o)
	} else {
		name = pipe.Name()
		source, err = datafile.NewSource(pipe, name, nil, o)
		if err == nil {
			source = closing{source, pipe}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	keep := f.keep
	if f.keepsAll() {
		keep = noHeads(source.Columns(), m)
	}
	return batchpredict.NewTable(source, name, folder), keep, nil
}

// closing is a source that closes its pipe.
type closing struct {
	data.Source
	pipe io.Closer
}

func (c closing) Close() error { return errors.Join(c.Source.Close(), c.pipe.Close()) }

// keptNames returns the columns of JSON lines that are copied to the answers. For all of them the
// file is read to its end.
func (f *predictFlags) keptNames(
	ctx context.Context, m *predictor.Model, isFile bool,
) ([]string, error) {
	if !f.keepsAll() {
		return f.keep, nil
	}
	if !isFile {
		return nil, usage("--keep without columns: the columns of JSON lines on a pipe are not " +
			"known before its end; name them, such as --keep=id, or read CSV with --in-format csv")
	}
	file, err := batchpredict.Open(ctx, f.in, nil)
	if err != nil {
		return nil, fmt.Errorf("--in: %w", err)
	}
	defer file.Close()
	names, err := data.JSONColumns(file, f.in)
	return noHeads(names, m), err
}

// noHeads returns the columns that no head predicts, so that labels are not taken for answers.
func noHeads(columns []string, m *predictor.Model) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(name string) bool {
		isHead := func(h predictor.Head) bool { return h.Column == name }
		return slices.ContainsFunc(m.Heads, isHead)
	})
}

// idx returns the rows of IDX images with the files of --questions and --labels.
func (f *predictFlags) idx(
	ctx context.Context, s streams, file *batchpredict.File, m *predictor.Model,
) (_ batchpredict.Rows, err error) {
	rows, err := batchpredict.NewIDX(file, m)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			rows.Close()
		}
	}()
	_, words := batchpredict.Text(m)
	switch {
	case f.questions != "":
		questions, err := batchpredict.Open(ctx, f.questions, s.in)
		if err != nil {
			return nil, fmt.Errorf("--questions: %w", err)
		}
		rows.Questions(questions)
	case f.question == "" && words != nil:
		return nil, usage("the model reads a question with each image: --question %s for all, "+
			"or --questions FILE with a line for each", shellText(words.Suggest()))
	}
	if err := f.openLabels(ctx, s, rows, m); err != nil {
		return nil, err
	}
	return rows, nil
}

// openLabels opens the files of --labels.
func (f *predictFlags) openLabels(
	ctx context.Context, s streams, rows *batchpredict.IDX, m *predictor.Model,
) error {
	var labelled []int // heads
	for _, flag := range f.labels {
		head, path, err := labelFile(flag, m)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		labels, err := batchpredict.Open(ctx, path, s.in)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		if err := rows.Labels(head, labels); err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		if slices.Contains(labelled, head) {
			return usage("--labels: head %q has two files", m.Heads[head].Column)
		}
		labelled = append(labelled, head)
	}
	return nil
}

// labelFile reads a value of --labels: HEAD=FILE, or FILE for the first head that has answers.
func labelFile(flag string, m *predictor.Model) (head int, path string, err error) {
	path = flag
	hasAnswers := func(h predictor.Head) bool { return batchpredict.Answers(&h) != nil }
	head = max(0, slices.IndexFunc(m.Heads, hasAnswers))
	if name, rest, ok := strings.Cut(flag, "="); ok {
		name = strings.TrimSpace(name)
		hasName := func(h predictor.Head) bool { return h.Column == name }
		if named := slices.IndexFunc(m.Heads, hasName); named >= 0 {
			head, path = named, strings.TrimSpace(rest)
		} else if _, missing := os.Stat(flag); missing != nil { // not a file with = in its name
			var known []string
			for i := range m.Heads {
				known = append(known, m.Heads[i].Column)
			}
			return 0, "", suggest.Unknown("head", name, known)
		}
	}
	if !hasAnswers(m.Heads[head]) {
		const format = "head %q gives numbers, not one of some answers"
		return 0, "", fmt.Errorf(format, m.Heads[head].Column)
	}
	return head, path, nil
}

// checkDistinct returns an error if --out is a file that is read, or if two flags read standard
// input.
func (f *predictFlags) checkDistinct(path string, m *predictor.Model) error {
	reads := map[string][]string{
		"--in":        {f.in},
		"--questions": {f.questions},
		"the model":   {path, filepath.Join(path, modelfile.FileName)},
	}
	for _, flag := range f.labels {
		if _, path, err := labelFile(flag, m); err == nil { // openLabels reports the error
			reads["--labels"] = append(reads["--labels"], path)
		}
	}
	out, missing := os.Stat(f.out)
	replaces := func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && missing == nil && f.out != "-" &&
			os.SameFile(info, out) && info.Mode().IsRegular()
	}
	input := "" // the flag that reads standard input
	for _, flag := range slices.Sorted(maps.Keys(reads)) {
		for _, path := range reads[flag] {
			if path == "-" {
				if input != "" {
					return usage("standard input can be one file only, not %s and %s", input, flag)
				}
				input = flag
				continue
			}
			if replaces(path) {
				return usage("--out %s is the file of %s, want another", f.out, flag)
			}
		}
	}
	return nil
}
