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
	"braid/internal/disk"
	"braid/internal/safetensors"
	"braid/text"
)

// FileName is the model's name within a run folder.
const FileName = "model.safetensors"

// version is the format that this package writes; before it, files had no checksums.
const (
	version   = "braid 2"
	unchecked = "braid 1"
)

// File is a model with what is needed to use it: how its inputs are made of what people have, and
// what its answers are called.
type File struct {
	Model    *braid.Model
	Inputs   []Input         // how inputs are made; those that need nothing may be left out
	Labels   []Labels        // what heads' answers are called
	Rules    []Rule          // which answers of two heads fit together
	Samples  *Samples        // what the model was asked before it was saved, and its answers; nil if nothing
	Training json.RawMessage // how it was trained, for the record; nil if not known

	// Numerics is braid.Numerics of the program that wrote the file; 0 for a file made by hand.
	Numerics int
	// Digest is the SHA-256 of the file that the model was read from, in hexadecimal.
	Digest string
}

// Input says how an input is made.
type Input struct {
	Name   string         `json:"name"`
	Pixels *data.Standard `json:"pixels,omitempty"` // bytes from 0 to 255, standardized
	Text   *Text          `json:"text,omitempty"`
}

// Text says how an input is made from text.
type Text struct {
	Tokenizer *text.Tokenizer `json:"tokenizer"`
	Padding   text.Padding    `json:"padding"`
	Questions []string        `json:"questions,omitempty"` // the texts it was trained on, where they are few
}

// Labels names a head's answers: one for each class, or no and yes.
type Labels struct {
	Head   string   `json:"head"`
	Labels []string `json:"labels"`
}

// rulesKey is left out where there are no rules. Files of numerics version 1 have no numericsKey.
const (
	rulesKey    = "rules"
	numericsKey = "numerics"
)

// description is a part of a file that is JSON of the metadata.
type description struct {
	key   string
	value any // pointer to the field
}

// described are those parts in the order in which they are written, read, and complained of.
func (f *File) described() []description {
	return []description{{"inputs", &f.Inputs}, {"labels", &f.Labels}, {rulesKey, &f.Rules}}
}

// Save writes a model file, whole or not at all.
func Save(path string, f *File) error { return disk.Write(path, f.Write) }

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
	for _, d := range f.described() {
		if d.key == rulesKey && f.Rules == nil {
			continue
		}
		content, err := json.Marshal(d.value)
		if err != nil {
			return fmt.Errorf("model file: %s: %w", d.key, err)
		}
		c.Metadata[d.key] = string(content)
	}
	if f.Training != nil {
		c.Metadata["training"] = string(f.Training)
	}
	for _, weight := range f.Model.Weights() {
		c.Entries = append(c.Entries, safetensors.Floats(weight.Name(), weight.Values(), weight.Shape()...))
	}
	f.Samples.encode(&c, f.Model)
	return c.Write(w)
}

// Open reads a model file. A run folder serves as well: its model is meant. Layers that are not
// Braid's own are given as examples of their types.
func Open(path string, custom ...braid.Layer) (*File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	content, err := disk.Read(path, safetensors.MaxFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no model at %s: want a model file, or a run folder with %s", path, FileName)
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
func Parse(content []byte, custom ...braid.Layer) (*File, error) {
	c, err := safetensors.Parse(content)
	if err != nil {
		return nil, err
	}
	switch got := c.Metadata["format"]; {
	case got == version && !c.Checked():
		return nil, errors.New("model file: damaged: its checksums are missing")
	case got != version && got != unchecked:
		return nil, fmt.Errorf("no model file of Braid's: the metadata's format is %q, want %q", got, version)
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
	for _, d := range f.described() {
		text, ok := c.Metadata[d.key]
		if d.key == rulesKey && !ok {
			continue
		}
		if err := json.Unmarshal([]byte(text), d.value); err != nil {
			return nil, fmt.Errorf("model file: %s: %w", d.key, err)
		}
	}
	if training, ok := c.Metadata["training"]; ok {
		f.Training = json.RawMessage(training)
	}
	return f, f.check()
}
