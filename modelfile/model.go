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
	"braid/data"
	"braid/internal/atomicfile"
	"braid/internal/safetensors"
	"braid/text"
)

// FileName is the name of the model file in a run folder.
const FileName = "model.safetensors"

// version is the format that this package writes; files of the format unchecked have no checksums.
const (
	version   = "braid 2"
	unchecked = "braid 1"
)

// File is a model with what is needed to use it: how its inputs are made from images and texts, and
// the labels of its outputs.
type File struct {
	Model    *braid.Model
	Features []Feature       // the columns that fill all inputs; nil if the model reads no columns
	Targets  []Target        // the columns that all heads predict
	Inputs   []Input         // how inputs are made; optional for inputs of numbers
	Labels   []Labels        // labels of heads' outputs
	Rules    []Rule          // which outputs of two heads agree
	Samples  *Samples        // rows and the model's outputs for them; may be nil
	Training json.RawMessage // how it was trained; nil if unknown

	// Numerics is the braid.Numerics of the program that wrote the file; 0 for a File made in memory.
	Numerics int
	// Digest is the SHA-256 of the file that was read, in hexadecimal.
	Digest string
}

// Input describes how an input is made.
type Input struct {
	Name   string         `json:"name"`
	Pixels *data.Standard `json:"pixels,omitempty"` // pixels from 0 to 255 are standardized
	Text   *Text          `json:"text,omitempty"`
}

// Text describes how an input is made from text.
type Text struct {
	Tokenizer *text.Tokenizer `json:"tokenizer"`
	Padding   text.Padding    `json:"padding"`
	Questions []string        `json:"questions,omitempty"` // the texts of the training data, if few
}

// Labels has the labels of a head's output: one for each class, or no and yes.
type Labels struct {
	Head   string   `json:"head"`
	Labels []string `json:"labels"`
}

// Files without rules have no rulesKey, files of numerics version 1 no numericsKey.
const (
	rulesKey    = "rules"
	numericsKey = "numerics"
)

// metadataField is a field of File that is stored as JSON in the metadata.
type metadataField struct {
	key   string
	value any // pointer to the field
}

// metadataFields lists these fields in the order in which they are written and read.
func (f *File) metadataFields() []metadataField {
	return []metadataField{{"inputs", &f.Inputs}, {"labels", &f.Labels}, {rulesKey, &f.Rules}}
}

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
	for _, d := range f.metadataFields() {
		if d.key == rulesKey && f.Rules == nil {
			continue
		}
		content, err := json.Marshal(d.value)
		if err != nil {
			return fmt.Errorf("model file: %s: %w", d.key, err)
		}
		c.Metadata[d.key] = string(content)
	}
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

// Open reads a model file. path may be a run folder with a model in it. Layers, encoders and
// decoders from outside are decoded with custom, an example of each type.
func Open(path string, custom ...Custom) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	content, err := atomicfile.Read(path, safetensors.MaxFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no model at %s: want a model file, or a run folder with %s", path,
			FileName)
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
	case got == version && !c.Checked():
		return nil, errors.New("model file: damaged: its checksums are missing")
	case got != version && got != unchecked:
		return nil, fmt.Errorf("no model file of Braid's: the metadata's format is %q, want %q", got,
			version)
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
	for _, d := range f.metadataFields() {
		text, ok := c.Metadata[d.key]
		if d.key == rulesKey && !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), d.value); err != nil {
			return nil, fmt.Errorf("model file: %s: %w", d.key, err)
		}
	}
	if err := f.decodeColumns(c.Metadata, custom); err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if training, ok := c.Metadata["training"]; ok {
		f.Training = json.RawMessage(training)
	}
	return f, f.check()
}
