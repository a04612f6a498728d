package experiment

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

var updateSchema = flag.Bool("update", false, "write schema.json")

// TestSchema compares schema.json with the tables by which files are read. go test ./experiment
// -run TestSchema -update writes it.
func TestSchema(t *testing.T) {
	m := &schemaMaker{t: t, comments: comments{t: t,
		read: map[string]map[string]string{}, list: map[string][]string{}}}
	want := m.make()
	if *updateSchema {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(Schema(), want) {
		t.Error("schema.json is not what the tables give: go test ./experiment -run TestSchema -update")
	}
}

// compiled returns the schema as a program reads it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", content); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// value returns what an editor sees in a file.
func value(t *testing.T, file string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(file), &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return asJSON(v)
}

// asJSON converts keys and values that are no JSON.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = asJSON(v[key])
		}
	case map[any]any:
		all := map[string]any{}
		for key, value := range v {
			all[fmt.Sprint(key)] = asJSON(value)
		}
		return all
	case []any:
		for i := range v {
			v[i] = asJSON(v[i])
		}
	case int:
		return json.Number(fmt.Sprint(v))
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return v
}

// The experiment files of the repository are right for the schema and for the reader.
func TestSchemaAccepts(t *testing.T) {
	s := compiled(t)
	var files []string
	for _, pattern := range []string{"../*/*.yaml", "../examples/*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 6 {
		t.Fatalf("%d files, want 6 or more", len(files))
	}
	texts := slices.Clone(rightFiles)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(content))
	}
	for _, text := range texts {
		if _, err := Parse("e.yaml", []byte(text)); err != nil {
			t.Errorf("%s\nthe reader: %v", text, err)
		}
		if err := s.Validate(value(t, text)); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// rightFiles have forms of values that the files of the repository lack.
var rightFiles = []string{
	"data: [a.csv, b.csv]\ninputs: {1: text}\nheads: {no: binary}",
	`{data: {file: a.csv, delimiter: "\t", encoding: latin1, missing: [NA, 0, null]},
inputs: {a: {type: number, clip: [0.5, 99.5], decimal: ",", missing: [-1]}, b: {type: date,
parts: [year, time]}, c: {type: image, channels: 3, background: "#ff8000", fit: crop},
d: {type: text, length: auto, encoder: gru}, e: {type: image, channels: auto, background: black},
f: {type: text, length: 9}, g: {type: date, parts: auto}},
heads: {x: {type: category, class_weights: {1: 2, cat: 0.5}}, y: {type: binary, true: 01,
threshold: auto}, z: {type: labels, threshold: 0.25, measure: true}, k: {type: category,
class_weights: balanced, metrics: [accuracy, log_loss], weight: 2}}, ignore:, trunk:, train:}`,
	`{data: {columns: {a: x.npy, b: [y.npy, z.npy]}}, inputs: {a: number}, heads: {b: category},
split: {group: 7, parts: [80, 10, 10], stratify: b}, trunk: {units: [], dropout: 0},
train: {batch: auto, optimizer: adam, keep: last, mix: equal, minutes: 0.5, clip: 0, ema: 0.9,
drop_last: true}}`,
	`{data: {train: a, validation: [b], test: c}, inputs: {a: number}, heads: {b: number},
train: {balance: upgrad, optimizer: {type: sgd, schedule: {type: cosine_decay, initial_rate: 0.1,
decay_steps: 10}}}}`,
	`{data: a.csv, inputs: {a: {type: text, encoder: words}, c: {type: sequence}},
heads: {b: category}, split: random, network: {e: {type: Embedding, inputs: a, vocabulary: 9,
width: 2},
e2: {again: e, inputs: c}, r: {type: Bidirectional, inputs: e, layer: {type: LSTM, units: 8}},
r2: {type: Bidirectional, inputs: e2, layer: {type: GRU, units: 8}, merge: sum},
t: {type: Concatenate, inputs: [r, r2]}, b: {type: Dense, inputs: t}}}`,
}

// Files that the reader refuses for a key or the type of a value are wrong for the schema, too.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	const rest = "data: a.csv\ninputs: {a: number}\nheads: {b: number}\n"
	for _, text := range []string{
		"", "data: a.csv", "data: a.csv\ninputs: {}\nheads: {b: number}",
		"inputs: {a: number}\nheads: {b: number}", "data: a.csv\ninputs: [a]\nheads: {b: number}",
		rest + "nam: x", rest + "name: [x]", rest + "ignore: a", rest + "split: group",
		rest + "split: {part: [70, 15, 15]}", rest + "split: {parts: [70, 30]}",
		rest + "train: {epoch: 5}", rest + "train: {epochs: many}", rest + "train: {epochs: 0}",
		rest + "train: {epochs: 1.5}", rest + "train: {batch: 0}", rest + "train: {keep: first}",
		rest + "train: {balance: pcgrab}", rest + "train: {balance: {type: mgda, rate: 1}}",
		rest + "train: {optimizer: adan}", rest + "train: {optimizer: {rate: 1}}",
		rest + "train: {optimizer: {type: adam, rates: 1}}", rest + "train: {drop_last: maybe}",
		rest + "train: {optimizer: {type: adam, schedule: {type: cosine, steps: 3}}}",
		rest + "train: {optimizer: {type: adam, schedule: {type: cosine_decay, stepz: 3}}}",
		rest + "trunk: {units: 128}", rest + "trunk: {dropout: 1}", rest + "trunk: [1]",
		"data: {file: a.csv, delimeter: x}\ninputs: {a: number}\nheads: {b: number}",
		"data: {file: a.csv, delimiter: xy}\ninputs: {a: number}\nheads: {b: number}",
		"data: {file: a.csv, encoding: utf8}\ninputs: {a: number}\nheads: {b: number}",
		"data: {file: []}\ninputs: {a: number}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: numbr}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {kind: number}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: number, weight: 2}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: number, log: yes}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: image, channels: 2}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: image, fit: squeeze}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: image, background: \"#ff80\"}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: text, length: short}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: {type: category, min_count: [2]}}\nheads: {b: number}",
		"data: a.csv\ninputs: {a: number}\nheads: {b: text}",
		"data: a.csv\ninputs: {a: number}\nheads: {b: {type: number, weight: -1}}",
		"data: a.csv\ninputs: {a: number}\nheads: {b: {type: binary, threshold: 2}}",
		"data: a.csv\ninputs: {a: number}\nheads: {b: {type: category, class_weights: even}}",
		"data: a.csv\ninputs: {a: number}\nheads: {b: {type: category, class_weights: {a: b}}}",
		rest + "network: {b: Dense}", rest + "network: {b: {type: Dense, units: 1}}",
		rest + "network: {b: {type: Dens, inputs: a}}",
		rest + "network: {b: {type: Dense, inputs: a, unit: 1}}",
		rest + "network: {b: {type: Dense, inputs: a, activation: rely}}",
		rest + "network: {b: {type: Bidirectional, inputs: a, layer: {type: Dense, units: 1}}}",
		rest + "network: {b: {type: Dense, inputs: a}, c: {again: b}}",
		rest + "network: {b: {type: Dense, inputs: a}, c: {again: b, inputs: a, units: 1}}",
		"data: a\ninputs: {a: {type: digit, augment: [{kind: flap}]}}\nheads: {b: number}",
		"data: a\ninputs: {a: {type: digit, augment: [{kind: flip, config: {mod: x}}]}}\n" +
			"heads: {b: number}",
		"data: a\ninputs: {a: {type: digit, standard: {mean: x}}}\nheads: {b: number}",
	} {
		if _, err := Parse("e.yaml", []byte(text)); err == nil {
			t.Errorf("the reader accepts\n%s", text)
		}
		if err := s.Validate(value(t, text)); err == nil {
			t.Errorf("the schema accepts\n%s", text)
		}
	}
}

// Each key that the reader says it knows is in the schema, and no other.
func TestSchemaKeys(t *testing.T) {
	var all struct {
		Properties map[string]json.RawMessage
		Defs       map[string]struct {
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &all); err != nil {
		t.Fatal(err)
	}
	check := func(def, file, after string) {
		t.Helper()
		keys := all.Properties
		if def != "" {
			keys = all.Defs[def].Properties
		}
		for _, key := range knownKeys(t, file, after) {
			if keys[key] == nil && (key != "again" || !strings.HasPrefix(def, "node.")) {
				t.Errorf("the schema lacks the key %s of %s", key, def)
			}
		}
		if known := knownKeys(t, file, after); len(keys) > len(known) {
			t.Errorf("%s: the schema has %d keys, the reader %q", def, len(keys), known)
		}
	}
	check("", "zzz: 1", "in the file")
	for _, kind := range features.kinds {
		check("feature."+kind, "inputs: {a: {type: "+kind+", zzz: 1}}", "in input")
	}
	for _, kind := range targets.kinds {
		check("target."+kind, "heads: {a: {type: "+kind+", zzz: 1}}", "in head")
	}
	for _, kind := range optimizers.kinds {
		check("optimizer."+kind, "train: {optimizer: {type: "+kind+", zzz: 1}}", "in optimizer")
	}
	for _, kind := range balances.kinds {
		check("balance."+kind, "train: {balance: {type: "+kind+", zzz: 1}}", "in balance")
	}
	for _, kind := range layers.kinds {
		check("node."+kind, "network: {a: {type: "+kind+", inputs: x, zzz: 1}}", "in layer")
	}
}
