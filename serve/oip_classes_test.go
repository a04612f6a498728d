package serve

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/predictor"
	"braid/tensor"
)

// classesOf reads the outputs of a reply as texts, in JSON and in binary, by name.
func classesOf(t *testing.T, r response) map[string][]string {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	text, rest := r.body, []byte(nil)
	if n, err := strconv.Atoi(r.header.Get(headerLength)); err == nil {
		text, rest = r.body[:n], r.body[n:]
	}
	var reply struct {
		Outputs []struct {
			Name, Datatype string
			Shape          []int
			Data           []any
			Parameters     struct {
				Size int `json:"binary_data_size"`
			}
		}
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, out := range reply.Outputs {
		list := []string{fmt.Sprint(out.Datatype, out.Shape)}
		for _, v := range out.Data {
			list = append(list, fmt.Sprint(v))
		}
		content := rest[:out.Parameters.Size]
		rest = rest[out.Parameters.Size:]
		for len(content) > 0 && out.Datatype == "BYTES" {
			n := binary.LittleEndian.Uint32(content)
			list, content = append(list, string(content[4:4+n])), content[4+n:]
		}
		found[out.Name] = list
	}
	if len(rest) > 0 {
		t.Errorf("%d bytes follow", len(rest))
	}
	return found
}

// An output with classification lists the best classes, in order, up to the number that the request
// names.
func TestClassification(t *testing.T) {
	r := start(t)
	rows := r.predict(t, []int{7, 40}, []int32{4, 6, 3, 2})
	number := func(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
	best := func(head, count int) (list []string) {
		if head == 0 {
			for row := range slices.Chunk(rows.Outputs[0].Float32s(), 10) {
				left := slices.Clone(row)
				for range count {
					i := slices.Index(left, slices.Max(left))
					list = append(list, fmt.Sprintf("%s:%d:%d", number(row[i]), i, i))
					left[i] = -1
				}
			}
			return list
		}
		for _, yes := range rows.Outputs[1].Float32s() {
			both := []string{number(1-yes) + ":0:no", number(yes) + ":1:yes"}
			if yes > 0.5 {
				slices.Reverse(both)
			}
			list = append(list, both[:count]...)
		}
		return list
	}
	image := imageInput("UINT8", 2, jsonOf(t, ints(append(leaning(7), leaning(40)...))))
	const words = `{"name":"question","datatype":"BYTES","shape":[2],` +
		`"data":["even number","half upper"]}`
	with := func(kind string, shape []int, list []string) []string {
		return append([]string{fmt.Sprint(kind, shape)}, list...)
	}
	numbers := with("FP32", []int{2, 1}, []string{})
	for _, v := range rows.Outputs[1].Float32s() {
		numbers = append(numbers, number(v))
	}
	for _, c := range []struct {
		more, outputs string
		want          map[string][]string
	}{
		{
			outputs: `{"name":"digit","parameters":{"classification":3}},` +
				`{"name":"answer","parameters":{"classification":1}}`,
			want: map[string][]string{
				"digit":  with("BYTES", []int{2, 3}, best(0, 3)),
				"answer": with("BYTES", []int{2, 1}, best(1, 1)),
			},
		},
		{
			more: `"parameters":{"binary_data_output":true},`,
			outputs: `{"parameters":{"classification":2},"name":"answer"},` +
				`{"name":"digit","parameters":{"classification":9223372036854775807}}`,
			want: map[string][]string{
				"answer": with("BYTES", []int{2, 2}, best(1, 2)),
				"digit":  with("BYTES", []int{2, 10}, best(0, 10)),
			},
		},
		{
			outputs: `{"name":"digit","parameters":{"classification":1,"binary_data":true}},` +
				`{"name":"answer","parameters":{"classification":0}}`,
			want: map[string][]string{
				"digit":  with("BYTES", []int{2, 1}, best(0, 1)),
				"answer": numbers,
			},
		},
		{
			outputs: `{"name":"answer",` +
				`"parameters":{"classification":null,"shared_memory_region":null}},` +
				`{"name":"digit","parameters":{"classification":2,"binary_data":false}}`,
			want: map[string][]string{
				"answer": numbers,
				"digit":  with("BYTES", []int{2, 2}, best(0, 2)),
			},
		},
	} {
		body := `{` + c.more + `"outputs":[` + c.outputs + `],"inputs":[` + image + `,` + words + `]}`
		got := classesOf(t, r.call(t, "POST", inferPath, []byte(body)))
		for name, list := range got {
			if list[0][:4] == "FP32" { // float64's digits
				for i := 1; i < len(list); i++ {
					v, _ := strconv.ParseFloat(list[i], 32)
					list[i] = number(float32(v))
				}
			}
			got[name] = list
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\ngot  %q\nwant %q", c.outputs, got, c.want)
		}
	}
}

// Classes are ordered by value, and by index where values are equal. They have the head's labels,
// if it has some.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		activation braid.Activation
		labels     []string
		shape      tensor.Shape
		values     []float32
		count      int
		want       string
	}{
		{
			layer.Softmax, []string{"a", "b \"b\"", "c:c"}, tensor.Shape{3},
			[]float32{0.25, 0.25, 0.5}, 3, `0.5:2:c:c 0.25:0:a 0.25:1:b "b"`,
		},
		{
			layer.Softmax, nil, tensor.Shape{3},
			[]float32{0.5, 0.25, 0.25, 0, 1e-7, 1}, 2, `0.5:0 0.25:1 1:2 1e-07:1`,
		},
		{
			layer.Linear, nil, tensor.Shape{2, 2},
			[]float32{-1, 10, 1.1, 3.3}, 4, `10:1 3.3:3 1.1:2 -1:0`,
		},
		{layer.Linear, nil, tensor.Shape{}, []float32{7, 8}, 1, `7:0 8:0`},
		{layer.Linear, nil, tensor.Shape{1}, []float32{7}, 1, `7:0`},
		{
			layer.Sigmoid, []string{"no", "yes"}, tensor.Shape{1}, []float32{0.75, 0.125, 0.5}, 2,
			`0.75:1:yes 0.25:0:no 0.875:0:no 0.125:1:yes 0.5:0:no 0.5:1:yes`,
		},
		{layer.Sigmoid, nil, tensor.Shape{1}, []float32{0.75}, 2, `0.75:1 0.25:0`},
		{layer.Sigmoid, nil, tensor.Shape{2}, []float32{0.5, 0.75}, 2, `0.75:1 0.5:0`},
	} {
		spec := braid.Spec{Name: "h", Shape: c.shape, Activation: c.activation}
		h := &predictor.Head{Spec: spec, Labels: c.labels}
		rows := len(c.values) / c.shape.Size()
		tens := tensor.Floats(c.values, append(tensor.Shape{rows}, c.shape...)...)
		var got []string
		size := 0
		err := classes(h, tens, c.count, func(class []byte) {
			got = append(got, string(class))
			size = max(size, len(class))
		})
		if list := strings.Join(got, " "); err != nil || list != c.want {
			t.Errorf("%v of %v: %s, %v, want %s", c.values, c.shape, list, err, c.want)
		}
		if h.Classes() < c.count || size > classSize(h) {
			t.Errorf("%v of %v: %d classes of up to %d bytes, want %d of at most %d",
				c.values, c.shape, h.Classes(), size, c.count, classSize(h))
		}
		text, _, err := appendClasses(nil, nil, h, tens, wanted{classes: c.count})
		if !json.Valid(text) || err != nil {
			t.Errorf("%s is no JSON: %v", text, err)
		}
		tens.Float32s()[0] = float32(math.NaN())
		_, _, err = appendClasses(nil, nil, h, tens, wanted{classes: 1, binary: true})
		if err != errNoOrder {
			t.Errorf("error of NaN is %v", err)
		}
	}
}

// Of many equal classes the first come first. No label takes more memory than classSize counts.
func TestManyClasses(t *testing.T) {
	spec := braid.Spec{Name: "h", Shape: tensor.Shape{40}, Activation: layer.Softmax}
	h := &predictor.Head{Spec: spec}
	for range 40 {
		h.Labels = append(h.Labels, strings.Repeat("\x01", 50))
	}
	values := tensor.Floats(slices.Repeat([]float32{0.025, 0.5}, 20), 1, 40)
	at := 0
	if err := classes(h, values, 40, func(class []byte) {
		if want := fmt.Sprintf(":%d:", (2*at+1)%40-at/20); !bytes.Contains(class, []byte(want)) {
			t.Errorf("class %d is %q, want %s", at, class, want)
		}
		at++
	}); err != nil {
		t.Fatal(err)
	}
	text, _, err := appendClasses(nil, nil, h, values, wanted{classes: 40})
	if most := 40*classSize(h) + 100; err != nil || len(text) > most || !json.Valid(text) {
		t.Errorf("%d bytes, %v, want at most %d of JSON", len(text), err, most)
	}
}

// A member that is null counts as left out, and an empty list of outputs means all of them.
func TestNulls(t *testing.T) {
	r := start(t)
	text := string(oneRow(t, 3, "odd number", ""))
	want := r.call(t, "POST", inferPath, []byte(text))
	data := func(new string) string { return strings.ReplaceAll(text, `"data":`, new+`"data":`) }
	bodies := []string{
		data(`"parameters":null,`),
		data(`"parameters":{"binary_data_size":null,"shared_memory_offset":null},`),
		"\ufeff" + text,
	}
	for _, more := range []string{
		`"outputs":[],`,
		`"outputs":null,`,
		`"id":null,`,
		`"parameters":null,`,
		`"parameters":{"timeout":null,"binary_data_output":null},`,
		"\n" + `"more":null,`,
		`"id":null,"parameters":{},"outputs":[],`,
		`"outputs":[{"name":"digit","parameters":null},` +
			`{"name":"answer","parameters":{"binary_data":null,"classification":null}}],`,
		`"outputs":[{"name":"digit","shared_memory_region":1},` +
			`{"name":"answer","parameters":{"priority":7,"sequence_id":"x"}}],`,
	} {
		bodies = append(bodies, "{"+more+text[1:])
	}
	for _, body := range bodies {
		got := r.call(t, "POST", inferPath, []byte(body))
		if got.status != http.StatusOK || !bytes.Equal(got.body, want.body) {
			t.Errorf("%s: status %d: %s", body, got.status, got.body)
		}
	}
	const size = `"data":null,"parameters":{"binary_data_size":784}`
	binary := strings.Replace(text, `"data":`+pixelsJSON(t), size, 1)
	body := append([]byte(binary), leaning(3)...)
	got := r.call(t, "POST", inferPath, body, headerLength, strconv.Itoa(len(binary)))
	if binary == text || !bytes.Equal(got.body, want.body) {
		t.Errorf("null for data beside binary data: status %d: %s", got.status, got.body)
	}
}

// A body is read in each coding and in lists of codings. Case does not matter.
func TestCodings(t *testing.T) {
	r := start(t)
	body := oneRow(t, 3, "odd number", "")
	want := r.call(t, "POST", inferPath, body)
	for coding, packed := range map[string][]byte{
		" ":                            body,
		"identity":                     body,
		"Identity,":                    body,
		"gzip":                         gzipped(body),
		"x-gzip":                       gzipped(body),
		"GZIP":                         gzipped(body),
		"X-GZip, identity":             gzipped(body),
		"deflate":                      zipped(body),
		"Deflate":                      deflated(body),
		"identity, DEFLATE , identity": zipped(body),
		"gzip, deflate":                zipped(gzipped(body)),
		"deflate, gzip":                gzipped(deflated(body)),
		"gzip,gzip":                    gzipped(gzipped(body)),
		"deflate,deflate":              deflated(zipped(body)),
	} {
		got := r.call(t, "POST", inferPath, packed, "Content-Encoding", coding)
		if got.status != http.StatusOK || !bytes.Equal(got.body, want.body) {
			t.Errorf("%s: status %d: %s", coding, got.status, got.body)
		}
	}
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}
