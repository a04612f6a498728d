package braid_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/augment"
	"braid/optim"
	"braid/tensor"
)

const layersPage = "docs/layers.md"

// group is a section of the page: the members of one table of a package.
type group struct {
	table string // the package and the variable
	title string
	about string // what holds for all members
}

// groups are in the order of the page. A table that is missing here has its name as its title, and
// comes last.
var groups = []group{
	{"layer.members", "Layers", `
These arguments of Keras have other names in Braid, the same in all layers:

| Keras | Braid |
| --- | --- |
| kernel_size, pool_size | Size |
| dilation_rate | Dilation |
| use_bias=False, center=False, scale=False | NoBias, NoCenter, NoScale |
| trainable=False | Frozen |
| kernel_initializer, depthwise_initializer, embeddings_initializer | Kernel, Embeddings |
| recurrent_initializer, bias_initializer | Recurrent, Bias |
| kernel_regularizer, bias_regularizer | L1 and L2 of Kernel and Bias |
| return_sequences, go_backwards | Sequences, Backwards |
| keepdims | KeepDims |
| name | the node's name, an argument of Graph.Add and Graph.Head |

Images and sequences have their channels last: data_format="channels_first" is missing. A mask is
an input like any other, made by NotZero or given by the caller; Keras hands masks from layer to
layer by itself. Layers take no seed: their random numbers follow from the seed of the model or of
the training.

PyTorch has channels first, stores kernels with the outputs first, and starts weights from other
distributions.`},
	{"loss.members", "Losses", `
The head's activation takes the place of from_logits: losses of probabilities are computed from the
logits of a softmax or sigmoid head. label_smoothing is Smoothing. The argument reduction is
missing: the loss of a batch is Keras' sum_over_batch_size. Weights of rows or steps belong to the
head, see train.Head. axis is always the last.`},
	{"metric.members", "Metrics", `
A figure is that of all rows of an epoch. Keras' is as well, but approximate for some metrics. Each
step of a head of shape [..., n], a position along all axes but the last, counts as a row.
PyTorch itself has no metrics; scikit-learn's functions are named instead.`},
	{"optim.members", "Optimizers", `
learning_rate is Rate, beta_1 is Beta1, and so on. A schedule, which Keras takes as learning_rate,
is a field beside Rate. weight_decay is WeightDecay, which leaves out biases and normalizations
unless All is set; Keras' leaves out nothing by default. Lazy is added. clipnorm, global_clipnorm,
clipvalue, use_ema and gradient_accumulation_steps are fields of train.Plan: Clip, EMA and
Accumulate.`},
	{"optim.schedules", "Schedules of the learning rate", `
initial_learning_rate is InitialRate. A step is one update of the weights, as in Keras; PyTorch's
schedulers count calls of step(), which programs often make once per epoch.`},
	{"augment.members", "Augmentations", `
Keras' layers of this kind belong to the network or to the input pipeline. Braid's belong to the
plan of the training, and prediction never runs them.`},
	{"balance.members", "Methods that balance heads", `
Keras and PyTorch themselves have the sum of weighted losses alone; the classes of TorchJD, which
builds on PyTorch, are named instead. Fixed, Scaled and Uncertainty scale losses, for all weights.
The others combine the gradients of the weights that several heads share.`},
}

// TestLayersDoc compares docs/layers.md with the source and the table of counterparts. go test .
// -run LayersDoc -update writes it.
func TestLayersDoc(t *testing.T) {
	want := layersDoc(t)
	if *update {
		if err := os.WriteFile(layersPage, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(layersPage)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the source gives: go test . -run LayersDoc -update", layersPage)
	}
}

// TestLayersDocRequired checks that a field whose zero the code refuses is documented as required.
func TestLayersDocRequired(t *testing.T) {
	refused := regexp.MustCompile(`(\w+) = 0,`)
	all, checked := sources{t, map[string]*source{}}, 0
	for key := range counterparts {
		pkg, name, _ := strings.Cut(key, ".")
		source := all.get(pkg)
		err := zeroMistake(t, pkg, source.kind(name))
		if err == nil {
			continue
		}
		field := refused.FindStringSubmatch(err.Error())
		if field == nil { // the mistake is of several fields
			continue
		}
		checked++
		for _, f := range source.settings(name) {
			if f.name == field[1] && !strings.Contains(f.comment, "required") {
				t.Errorf("%s.%s: its comment does not say required, but: %v", key, f.name, err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("%d members refuse a field of 0, want 10 or more", checked)
	}
}

// zeroMistake returns the error of an augmentation, an optimizer or a schedule without settings.
func zeroMistake(t *testing.T, pkg, kind string) error {
	switch pkg {
	case "augment":
		a, err := augment.Decode(kind, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = augment.List{a}.Bind(tensor.Uint8, tensor.Shape{4, 6})
		return err
	case "optim":
		if s, err := optim.DecodeSchedule(fmt.Appendf(nil, `{"kind":%q}`, kind)); err == nil {
			return s.Check()
		}
		o, err := optim.Decode(kind, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		return o.Check()
	}
	return nil
}

// layersDoc returns the page. It reports members without an entry, and entries without a member.
func layersDoc(t *testing.T) []byte {
	page := &layersDocument{sources: sources{t, map[string]*source{}}}
	page.print(`# Layers, losses, metrics and optimizers

This page has each member of these packages with its counterparts in Keras 3 and PyTorch, what
differs from Keras, and the fields of its configuration. A field has a name in Go and one in JSON,
which model files use. A field that is left out has its default. An empty cell means that there is
no counterpart.

The page is made from the source and from the table in layers_doc_table_test.go:

    go test . -run LayersDoc -update

`)
	tables := page.tables()
	for _, g := range tables {
		page.print("- [%s](#%s)\n", g.title, anchor(g.title))
	}
	unused := maps.Clone(counterparts)
	for _, g := range tables {
		page.group(g, unused)
	}
	for member := range unused {
		t.Errorf("%s has an entry in layers_doc_table_test.go, but is no member", member)
	}
	return page.Bytes()
}

type layersDocument struct {
	sources
	bytes.Buffer
}

func (d *layersDocument) print(format string, arguments ...any) {
	fmt.Fprintf(&d.Buffer, format, arguments...)
}

// columnTypes are the packages whose members are types of columns, which are no configurations of a
// network and have no counterparts.
var columnTypes = []string{"feature", "target"}

// tables returns the groups of all tables in the kinds.go files of the packages.
func (d *layersDocument) tables() []group {
	files, err := filepath.Glob("*/kinds.go")
	if err != nil {
		d.t.Fatal(err)
	}
	missing := map[string]bool{}
	for _, file := range files {
		pkg := filepath.Dir(file)
		if slices.Contains(columnTypes, pkg) {
			continue
		}
		found := d.get(pkg).tables()
		if len(found) == 0 {
			d.t.Errorf("%s has no table of members", file)
		}
		for table := range found {
			missing[pkg+"."+table] = true
		}
	}
	var list []group
	for _, g := range groups {
		if missing[g.table] {
			list = append(list, g)
			delete(missing, g.table)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(missing)) {
		list = append(list, group{table: table, title: table})
	}
	return list
}

// group writes the section of a table, and removes its members from unused.
func (d *layersDocument) group(g group, unused map[string]counterpart) {
	pkg, table, _ := strings.Cut(g.table, ".")
	source := d.get(pkg)
	members := slices.Sorted(slices.Values(source.tables()[table]))
	d.print("\n## %s\n%s\n\n", g.title, quoted(strings.TrimRight(g.about, "\n")))
	last := "PyTorch"
	if pkg == "metric" {
		last = "scikit-learn"
	}
	d.print("| %s | Keras | %s |\n| --- | --- | --- |\n", pkg, last)
	for _, name := range members {
		key := pkg + "." + name
		c, ok := counterparts[key]
		if !ok {
			d.t.Errorf("%s has no entry in layers_doc_table_test.go", key)
		}
		delete(unused, key)
		d.print("| [%s](#%s) | %s | %s |\n", name, anchor(key), quoted(c.keras), quoted(c.other))
	}
	var used []named
	for _, name := range members {
		d.member(pkg, name)
		for _, f := range source.settings(name) {
			used = append(used, mentions(pkg, f.of)...)
		}
	}
	d.typeSections(used)
}

// member writes what the source and the table say about a member.
func (d *layersDocument) member(pkg, name string) {
	source := d.get(pkg)
	d.print("\n### %s.%s\n\n%s Its kind is `%s`.\n", pkg, name,
		quoted(source.sentence(name)), source.kind(name))
	if shapes := source.shapes(name); shapes != "" {
		d.print("\n```\n%s```\n", shapes)
	}
	if differs := counterparts[pkg+"."+name].differs; differs != "" {
		d.print("\n**Differences:** %s\n", quoted(strings.TrimSpace(differs)))
	}
	d.fields(pkg, source.settings(name))
}

// fields writes a table of the fields of a struct.
func (d *layersDocument) fields(pkg string, fields []setting) {
	if len(fields) == 0 {
		return
	}
	d.print("\n| field | JSON | type | default | |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range fields {
		about, value := d.fallback(pkg, f)
		d.print("| %s | `%s` | %s | %s | %s |\n", f.name, f.json, d.link(pkg, f), value, cell(about))
	}
}

// link writes the type of a field, with a link to each exported type in it.
func (d *layersDocument) link(pkg string, f setting) string {
	text := typeText(f.of)
	for _, n := range mentions(pkg, f.of) {
		shown := n.name
		if n.pkg != pkg {
			shown = n.String()
		}
		text = strings.Replace(text, shown, fmt.Sprintf("[%s](#%s)", shown, anchor(n.String())), 1)
	}
	return text
}

// typeSections writes a section for each type of fields, and for each type of their fields.
func (d *layersDocument) typeSections(list []named) {
	seen := map[named]bool{}
	for len(list) > 0 {
		slices.SortFunc(list, func(a, b named) int { return strings.Compare(a.name, b.name) })
		n := list[0]
		list = list[1:]
		if seen[n] || d.shown(n) {
			continue
		}
		seen[n] = true
		source, name := d.resolve(n)
		d.print("\n### %s\n\n%s\n", n, quoted(source.paragraph(name)))
		if list, ok := source.underlying(name).(*ast.ArrayType); ok {
			d.print("\nIt is declared as %s.\n", code(types.ExprString(list)))
		}
		fields := source.settings(name)
		d.fields(n.pkg, fields)
		for _, f := range fields {
			list = append(list, mentions(n.pkg, f.of)...)
		}
		if len(source.types[name].Consts) == 0 {
			continue
		}
		d.print("\n| %s | JSON | |\n| --- | --- | --- |\n", name)
		for _, c := range source.choices(name) {
			d.print("| %s | `%s` | %s |\n", c.name, c.json, cell(c.comment))
		}
	}
}

// shown reports whether the page has a section for a type already.
func (d *layersDocument) shown(n named) bool {
	return bytes.Contains(d.Bytes(), []byte("\n### "+n.String()+"\n"))
}

// anchor returns the name by which a heading is linked to on GitHub.
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}

// names matches names of Keras, PyTorch and scikit-learn, and of their arguments.
var names = regexp.MustCompile(`\b(?:keras|keras_hub|torch|torchvision|sklearn)\.[\w.]*\w` +
	`(?:\([^)]*\))?|\b\w+=(?:"\w+"|-?[\w.]*\w)|\b[a-z]+(?:_\w+)+`)

// cell returns text for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(quoted(text), "|", `\|`) }

// quoted writes such names as code.
func quoted(text string) string { return names.ReplaceAllStringFunc(text, code) }
