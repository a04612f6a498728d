package cli

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/modelfile"
	"braid/tensor"
)

// JSON lines hold the rows of a model with any inputs and heads.
func TestPredictOtherModel(t *testing.T) {
	path := otherModel(t)
	predict := []string{"predict", path, "--in", "-"}
	in := `{"sizes": [0.5, -2e3, 7], "ids": [8, 0], "kind": 1}` + "\n" +
		`{"ids": [[3, 1]], "sizes": [1, 2, 3]}` + "\n"
	const nested = "standard input:2: column \"ids\": its arrays are nested otherwise"
	checkFailsWith(t, strings.NewReader(in), nested, predict...)
	in = strings.ReplaceAll(strings.ReplaceAll(in, "[[", "["), "]]", "]")
	code, out, errs := callWith(strings.NewReader(in), predict...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	m, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Model.Predict(braid.Tensors{
		"sizes": tensor.Floats([]float32{0.5, -2e3, 7, 1, 2, 3}, 2, 3),
		"ids":   tensor.Ints([]int32{8, 0, 3, 1}, 2, 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	row := 0
	for text := range strings.Lines(out) {
		var l struct {
			Kind, Plain string
			Place0      float32 `json:"place_0"`
			Place1      float32 `json:"place_1"`
			Price       float32
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		kinds := want["kind"].Float32s()[3*row:][:3]
		kind := []string{"a", "b, \"c\"", "ü"}[slices.Index(kinds, slices.Max(kinds))]
		plain := want["plain"].Float32s()[2*row:][:2]
		if l.Kind != kind || l.Plain != strconv.Itoa(slices.Index(plain, slices.Max(plain))) ||
			[2]float32{l.Place0, l.Place1} != [2]float32(want["place"].Float32s()[2*row:]) ||
			l.Price != want["price"].Float32s()[row] {
			t.Errorf("row %d is %s", row, text)
		}
		row++
	}
	asCSV := append(predict, "--format", "csv", "--probabilities")
	_, out, _ = callWith(strings.NewReader(in), asCSV...)
	table, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(table) != 3 || !slices.Equal(table[0], []string{
		"kind", "kind_probability", "kind_p_a", "kind_p_b, \"c\"", "kind_p_ü",
		"place_0", "place_1",
		"price",
		"plain", "plain_probability", "plain_p_0", "plain_p_1",
	}) || table[2][6] != number(want["place"].Float32s()[3]) {
		t.Errorf("%v: %q", err, table)
	}
	for in, want := range map[string]string{
		`{"sizes": [1, 2, 1e39], "ids": [1, 1]}`: "number 2 is 1e39, want a finite float32",
		`{"sizes": [1, 2], "ids": [1, 1]}`:       "got 2 numbers, want 3",

		`{"sizes": [1, 2, 3]}`: `"ids" is missing, want 2 ids`,
		string(braidtest.IDX(make([]byte, 30), 1, 6, 5)): `its inputs are "sizes" (3 numbers), ` +
			`"ids" (2 ids); JSON lines can hold them`,
		`{"sizes": "iVBORw0KGgo", "ids": [1, 1]}`: `"sizes": got "iVBORw0KGgo", want 3 numbers`,

		`{"sizes": [1, 2, 3], "ids": "odd number", "kind": "ü"}   `: `"ids": got "odd number", ` +
			`want 2 numbers`,
	} {
		checkFailsWith(t, strings.NewReader(in), want, predict...)
	}
	in = `{"sizes": [1, 2, 3], "ids": [1, 1], "price": 3, "kind": 1, "plain": "0"}`
	code, _, errs = callWith(strings.NewReader(in), append(predict, "--log", "json")...)
	sum := readSummary(t, errs)
	if code != 0 || sum.Heads["kind"].Known != 1 || sum.Heads["plain"].Known != 1 ||
		len(sum.Heads) != 2 || sum.AllRight != nil {
		t.Errorf("exit code %d: %s", code, errs)
	}
	const noList = "a cell of a table holds no list of numbers"
	checkFailsWith(t, strings.NewReader("sizes,ids\n1,2\n"), noList, predict...)
	const noText = "--question: the model reads no question: its columns are "
	checkFailsWith(t, strings.NewReader(in), noText, append(predict, "--question", "odd number")...)
}
