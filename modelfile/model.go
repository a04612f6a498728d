package modelfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"braid"
	"braid/internal/atomicfile"
	"braid/internal/safetensors"
)

// FileName is the name of the model file in a run folder.
const FileName = "model.safetensors"

// version is the format that this package writes. Files of the formats before it are read (old.go);
// those of the format unchecked have no checksums.
const (
	version   = "braid 3"
	unchecked = "braid 1"
)

// File is a model with what is needed to use it: how its inputs are made from what people give, and
// what its outputs mean.
type File struct {
	Model *braid.Model
	// Features are the columns that fill inputs. An input that none fills is given as numbers.
	Features []Feature
	// Targets are the columns that heads predict. The outputs of another head are numbers, or
	// probabilities of classes without a name.
	Targets  []Target
	Samples  *Samples        // rows and the model's outputs for them; may be nil
	Training json.RawMessage // how it was trained; nil if unknown

	// Numerics is the braid.Numerics of the program that wrote the file; 0 for a File made in memory.
	Numerics int
	// Digest is the SHA-256 of the file that was read, in hexadecimal.
	Digest string
}

// numericsKey is in the metadata. Files of numerics version 1 lack it.
const numericsKey = "numerics"

// Save writes a model file atomically.
func Save(path string, f *File) error { return atomicfile.Write(path, f.Write) }

// Write writes a model file.
func (f *File) Write(w io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	graph, err := encodeGraph(f.Model)
	if err != nil {
		return err
	}
	c := safetensors.Container{Metadata: map[string]string{
		"format": version,
		"graph":  graph,
		"seed":   strconv.FormatUint(f.Model.Seed(), 10),

		numericsKey: strconv.Itoa(braid.Numerics),
	}}
	if err := f.encodeColumns(c.Metadata); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	if f.Training != nil {
		c.Metadata["training"] = string(f.Training)
	}
	for _, weight := range f.Model.Weights() {
		c.Entries = append(c.Entries, safetensors.Floats(weight.Name(), weight.Values(),
			weight.Shape()...))
	}
	f.Samples.encode(&c, f.Model)
	return c.Write(w)
}

// Custom is a layer, a feature.Encoder or a target.Decoder from outside this project.
type Custom interface {
	Kind() string
}

// missingError is the error for a path without a file. It wraps an *fs.PathError.
type missingError struct {
	path  string
	cause error
}

func (e missingError) Error() string {
	return fmt.Sprintf("no model at %s: want a model file, or a run folder with %s", e.path, FileName)
}

func (e missingError) Unwrap() error { return e.cause }

// Open reads a model file. path may be a run folder with a model in it. Layers, encoders and
// decoders from outside are decoded with custom, an example of each type. Without a file the error
// wraps fs.ErrNotExist.
func Open(path string, custom ...Custom) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	content, err := atomicfile.Read(path, safetensors.MaxFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, missingError{path, err}
	}
	if err != nil {
		return nil, err
	}
	f, err := Parse(content, custom...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse reads a model file from memory.
func Parse(content []byte, custom ...Custom) (*File, error) {
	if err := checkCustom(custom); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	c, err := safetensors.Parse(content)
	if err != nil {
		return nil, err
	}
	switch got := c.Metadata["format"]; {
	case got != version && !isOld(got):
		return nil, fmt.Errorf("no model file of Braid's: the metadata's format is %q, want %q", got,
			version)
	case got != unchecked && !c.Checked():
		return nil, errors.New("model file: damaged: its checksums are missing")
	}
	seed, err := strconv.ParseUint(c.Metadata["seed"], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("model file: seed: %w", err)
	}
	digest := sha256.Sum256(content)
	f := &File{Digest: hex.EncodeToString(digest[:]), Numerics: 1}
	if text, ok := c.Metadata[numericsKey]; ok {
		if f.Numerics, err = strconv.Atoi(text); err != nil || f.Numerics < 1 {
			return nil, fmt.Errorf("model file: numerics version %q, want a number from 1", text)
		}
	}
	if f.Samples, err = decodeSamples(c); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if f.Model, err = decodeGraph(c.Metadata["graph"], seed, c, custom); err != nil {
		return nil, fmt.Errorf("model file: graph: %w", err)
	}
	err = f.decodeColumns(c.Metadata, custom)
	if err == nil && isOld(c.Metadata["format"]) {
		err = f.decodeOld(c.Metadata)
	}
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if training, ok := c.Metadata["training"]; ok {
		f.Training = json.RawMessage(training)
	}
	return f, f.check()
}
