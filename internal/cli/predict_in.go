package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/predictor"
)

// source opens the rows, and tests the flags that depend on what they are.
func (f *predictFlags) source(ctx context.Context, s streams, m *predictor.Model) (_ batchpredict.Source, err error) {
	file, err := batchpredict.Open(ctx, f.in, s.in)
	if err != nil {
		return nil, fmt.Errorf("--in: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	isIDX, err := file.IsIDX()
	switch {
	case err != nil:
		return nil, err
	case f.question != "" && m.Input((*predictor.Input).IsText) == nil:
		return nil, usage("--question: the model takes no text: its inputs are %s", batchpredict.Takes(m))
	case isIDX:
		return f.idx(ctx, s, file, m)
	case f.questions != "":
		return nil, usage("--questions is for IDX images: in JSON lines the question stands in each")
	case f.labels != nil:
		return nil, usage("--labels is for IDX images: in JSON lines true answers stand in each, by the heads' names")
	}
	source, err := batchpredict.NewJSON(file, m, f.question, f.fate())
	if err != nil {
		return nil, fmt.Errorf("--question: %w", err)
	}
	return source, nil
}

// fate is what becomes of unknown words.
func (f *predictFlags) fate() batchpredict.Unknown {
	if f.unknown == "drop" {
		return batchpredict.Drop
	}
	return batchpredict.Refuse
}

// idx opens what --questions and --labels name beside the images.
func (f *predictFlags) idx(ctx context.Context, s streams, file *batchpredict.File, m *predictor.Model) (_ batchpredict.Source, err error) {
	source, err := batchpredict.NewIDX(file, m, f.fate())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			source.Close()
		}
	}()
	text := m.Input((*predictor.Input).IsText)
	switch {
	case f.questions != "" && text == nil:
		return nil, usage("--questions: the model takes no text: its inputs are %s", batchpredict.Takes(m))
	case f.questions != "":
		questions, err := batchpredict.Open(ctx, f.questions, s.in)
		if err != nil {
			return nil, fmt.Errorf("--questions: %w", err)
		}
		source.Questions(questions)
	case f.question != "":
		if err := source.Ask(f.question); err != nil {
			return nil, fmt.Errorf("--question: %w", err)
		}
	case text != nil:
		return nil, usage("the model reads a question with each image: --question %s for all, "+
			"or --questions FILE with a line for each", shellText(text.Suggest()))
	}
	var labelled []int // heads
	for _, flag := range f.labels {
		head, path, err := labelFile(flag, m)
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		labels, err := batchpredict.Open(ctx, path, s.in)
		if err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		if err := source.Labels(head, labels); err != nil {
			return nil, fmt.Errorf("--labels: %w", err)
		}
		if slices.Contains(labelled, head) {
			return nil, usage("--labels: head %q has two files", m.Heads[head].Name)
		}
		labelled = append(labelled, head)
	}
	return source, nil
}

// labelFile is what --labels names, as HEAD=FILE or FILE alone: of the first head that has answers.
func labelFile(flag string, m *predictor.Model) (head int, path string, err error) {
	path = flag
	head = max(0, slices.IndexFunc(m.Heads, func(h predictor.Head) bool { return batchpredict.Answers(&h) != nil }))
	if name, rest, ok := strings.Cut(flag, "="); ok {
		name = strings.TrimSpace(name)
		if named := slices.IndexFunc(m.Heads, func(h predictor.Head) bool { return h.Name == name }); named >= 0 {
			head, path = named, strings.TrimSpace(rest)
		} else if _, missing := os.Stat(flag); missing != nil { // it is no file with = in its name
			var have []string
			for i := range m.Heads {
				have = append(have, m.Heads[i].Name)
			}
			return 0, "", suggest.Unknown("head", name, have)
		}
	}
	if batchpredict.Answers(&m.Heads[head]) == nil {
		return 0, "", fmt.Errorf("head %q gives numbers, not one of some answers", m.Heads[head].Name)
	}
	return head, path, nil
}

// distinct is an error where the answers would replace what is read, or standard input is to be two files.
func (f *predictFlags) distinct(path string, m *predictor.Model) error {
	reads := map[string][]string{"--in": {f.in}, "--questions": {f.questions}, "the model": {path, filepath.Join(path, modelfile.FileName)}}
	for _, flag := range f.labels {
		if _, path, err := labelFile(flag, m); err == nil { // else it is told when it is opened
			reads["--labels"] = append(reads["--labels"], path)
		}
	}
	out, missing := os.Stat(f.out)
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
			info, err := os.Stat(path)
			if err == nil && missing == nil && f.out != "-" && os.SameFile(info, out) && info.Mode().IsRegular() {
				return usage("--out %s is the file of %s, want another", f.out, flag)
			}
		}
	}
	return nil
}
