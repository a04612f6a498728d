package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/feature"
	"braid/internal/braidtest"
	"braid/predictor"
	"braid/tensor"
)

// stranger is a client of the protocol that knows of a model what its metadata say, and no more.
type stranger struct {
	Inputs []struct {
		Name, Datatype string
		Shape          []int
		Parameters     struct {
			Column       string
			Optional     bool
			FileDatatype string `json:"file_datatype"`
		}
	}
	Outputs []struct {
		Name, Datatype string
		Shape          []int
		Parameters     struct{ Type, Unit string }
	}
	Parameters struct {
		Columns []struct {
			Name, Form, Example string
			Optional            bool
			Values              []string
			Minimum, Maximum    string
			Shape               []int
		}
	}
}

// texts returns three values of a column of cells: the example, another value, and a missing one.
func (s *stranger) texts(t *testing.T, column string) []string {
	t.Helper()
	for _, c := range s.Parameters.Columns {
		if c.Name != column {
			continue
		}
		first := c.Example
		if first == "" {
			first = "some words"
		}
		other := first
		switch {
		case len(c.Values) > 0:
			other = c.Values[len(c.Values)-1]
		case c.Maximum != "":
			other = c.Maximum
		}
		if !c.Optional {
			return []string{first, other, other}
		}
		return []string{first, other, ""}
	}
	t.Fatalf("the metadata do not describe the column %q", column)
	return nil
}

// files are three pictures, the last of them missing.
func files(t *testing.T) []string {
	t.Helper()
	list := make([]string, 3)
	for i := range 2 {
		img := image.NewGray(image.Rect(0, 0, 40, 30+10*i))
		for at := range img.Pix {
			img.Pix[at] = 255
		}
		for at := range 20 {
			img.Set(10+at%7, 5+at, color.Gray{uint8(3 * at)})
		}
		list[i] = string(braidtest.PNG(t, img))
	}
	return list
}

// A client that has read nothing but a model's metadata sends three rows, as JSON and as binary
// data, with all kinds of inputs. The answers are those of predictor.
func TestStranger(t *testing.T) {
	folder := t.TempDir()
	shop, films, odd := filepath.Join(folder, "shop"), filepath.Join(folder, "films"), saveNumbers(t)
	saveShop(t, shop)
	saveFilms(t, films)
	r := start(t, func(c *Config) {
		c.Models = append(c.Models, ModelPath{Path: shop}, ModelPath{Path: films}, ModelPath{Path: odd})
	})
	for _, served := range r.models {
		t.Run(served.name, func(t *testing.T) {
			var s stranger
			got := r.call(t, "GET", "/v2/models/"+served.name, nil)
			if err := json.Unmarshal(got.body, &s); err != nil {
				t.Fatal(err)
			}
			model := served.current.Load().Model
			for _, isBinary := range []bool{false, true} {
				body, length, rows := s.request(t, isBinary)
				headers := []string{"Content-Type", asJSON}
				if isBinary {
					headers = []string{headerLength, strconv.Itoa(length)}
				}
				got := r.call(t, "POST", "/v2/models/"+served.name+"/infer", body, headers...)
				s.checkOutputs(t, got, predicted(t, model, rows))
			}
			needed := s
			needed.Inputs = nil
			for i, in := range s.Inputs {
				if in.Parameters.Optional != s.optional(in.Parameters.Column) {
					t.Errorf("%s: optional is %v", in.Name, in.Parameters.Optional)
				}
				if i == 1 || !in.Parameters.Optional { // a request has an input, for the number of rows
					needed.Inputs = append(needed.Inputs, in)
				}
			}
			body, _, rows := needed.request(t, false)
			got = r.call(t, "POST", "/v2/models/"+served.name+"/infer", body)
			s.checkOutputs(t, got, predicted(t, model, rows))
			if held := r.memory.held(); held != 0 {
				t.Errorf("%d bytes of the budget are held", held)
			}
		})
	}
}

// request returns a request with three rows, the length of its JSON, and the rows: values of cells
// by column, numbers as []float64.
func (s *stranger) request(t *testing.T, isBinary bool) ([]byte, int, []map[string]any) {
	t.Helper()
	rows := []map[string]any{{}, {}, {}}
	var inputs []map[string]any
	var rest bytes.Buffer
	for i, in := range s.Inputs {
		column := in.Parameters.Column
		made := map[string]any{"name": in.Name, "datatype": in.Datatype}
		before := rest.Len()
		if in.Datatype == "BYTES" || in.Parameters.FileDatatype != "" {
			texts, isFile := []string(nil), in.Parameters.FileDatatype != ""
			if isFile {
				texts, made["datatype"] = files(t), "BYTES"
				if !s.optional(column) {
					texts[2] = texts[0]
				}
			} else {
				texts = s.texts(t, column)
			}
			made["shape"] = []int{3, 1}
			inJSON := slices.Clone(texts)
			for row, text := range texts {
				rows[row][column] = feature.Value{Text: text}
				if isFile {
					rows[row][column] = feature.Value{Content: []byte(text)}
					if text == "" {
						rows[row][column] = feature.Value{}
					}
					inJSON[row] = base64.StdEncoding.EncodeToString([]byte(text))
				}
				rest.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
				rest.WriteString(text)
			}
			made["data"] = inJSON
		} else {
			size := 1
			for _, n := range in.Shape[1:] {
				size *= n
			}
			var all []float64
			for row := range 3 {
				var numbers []float64
				for at := range size {
					v := float64((row + 2*at + i) % 5)
					numbers = append(numbers, v)
					if in.Datatype == "INT32" {
						rest.Write(binary.LittleEndian.AppendUint32(nil, uint32(v)))
					} else {
						rest.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v))))
					}
				}
				rows[row][column] = numbers
				all = append(all, numbers...)
			}
			made["shape"], made["data"] = append([]int{3}, in.Shape[1:]...), all
		}
		if isBinary {
			delete(made, "data")
			made["parameters"] = map[string]any{"binary_data_size": rest.Len() - before}
		}
		inputs = append(inputs, made)
	}
	text, err := json.Marshal(map[string]any{"inputs": inputs,
		"parameters": map[string]bool{"binary_data_output": isBinary}})
	if err != nil {
		t.Fatal(err)
	}
	length := len(text)
	if isBinary {
		text = append(text, rest.Bytes()...)
	}
	return text, length, rows
}

func (s *stranger) optional(column string) bool {
	for _, c := range s.Parameters.Columns {
		if c.Name == column {
			return c.Optional
		}
	}
	return false
}

// predicted returns the outputs of each head for rows, computed without the server: probabilities,
// and numbers as in answers.
func predicted(t *testing.T, m *predictor.Model, rows []map[string]any) [][]float64 {
	t.Helper()
	list := make([][]float64, len(m.Heads))
	for _, row := range rows {
		b := m.NewBatch(1)
		for i := range m.Columns {
			c := &m.Columns[i]
			if v, ok := row[c.Name].(feature.Value); ok {
				if _, err := c.Encode(b, 0, v); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if row[c.Name] == nil {
				if _, err := c.Encode(b, 0, feature.Value{}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			slot := c.Slots(b, 0)[0]
			for at, v := range row[c.Name].([]float64) {
				if slot.Ints != nil {
					slot.Ints[at] = int32(v)
				} else {
					slot.Floats[at] = float32(v)
				}
			}
		}
		if err := m.Predict(b); err != nil {
			t.Fatal(err)
		}
		for i := range m.Heads {
			h := &m.Heads[i]
			if h.Decoder() != nil && h.Decoder().Kind() == "number" {
				list[i] = append(list[i], *h.Answer(b.Output(i, 0)).Number)
				continue
			}
			for _, v := range b.Output(i, 0) {
				list[i] = append(list[i], float64(v))
			}
		}
		m.Free(b)
	}
	return list
}

// checkOutputs checks the outputs of a reply: their datatypes and shapes are those of the metadata.
func (s *stranger) checkOutputs(t *testing.T, got response, want [][]float64) {
	t.Helper()
	text, rest := got.body, []byte(nil)
	if length, err := strconv.Atoi(got.header.Get(headerLength)); err == nil {
		text, rest = got.body[:length], got.body[length:]
	}
	var reply struct {
		Outputs []struct {
			Name, Datatype string
			Shape          []int
			Data           []float64
			Parameters     struct {
				Size int `json:"binary_data_size"`
			}
		}
	}
	if err := json.Unmarshal(text, &reply); err != nil || got.status != http.StatusOK ||
		len(reply.Outputs) != len(want) {
		t.Fatalf("status %d (%v): %.400s", got.status, err, got.body)
	}
	for i, out := range reply.Outputs {
		values, described := out.Data, s.Outputs[i]
		if out.Name != described.Name || out.Datatype != described.Datatype ||
			!slices.Equal(out.Shape[1:], described.Shape[1:]) ||
			(out.Datatype == "FP64") != (described.Parameters.Type == "number") {
			t.Errorf("got the output %+v, the metadata are %+v", out, described)
		}
		content := rest[:out.Parameters.Size]
		rest = rest[len(content):]
		for len(content) > 0 {
			if out.Datatype == "FP64" {
				bits := binary.LittleEndian.Uint64(content)
				values, content = append(values, math.Float64frombits(bits)), content[8:]
				continue
			}
			bits := binary.LittleEndian.Uint32(content)
			values, content = append(values, float64(math.Float32frombits(bits))), content[4:]
		}
		if out.Datatype == "FP32" && out.Parameters.Size == 0 { // shorter texts than of 64 bits
			for at, v := range values {
				values[at] = float64(float32(v))
			}
		}
		if !slices.Equal(values, want[i]) {
			t.Errorf("%s: got %v, want %v", out.Name, values, want[i])
		}
	}
}

// The inputs of the network that a column of cells fills are accepted too, all of them and not
// beside the cells.
func TestPartsOfColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "things")
	var m *predictor.Model
	r := start(t, func(c *Config) {
		m = saveExperiment(t, path, "x,y\n"+strings.Repeat("1,a\n5,b\n9,a\n4,b\n", 20),
			"name: waves\ndata: rows.csv\ninputs: {x: {type: number, encoder: periodic}}\n"+
				"heads: {y: category}\n", nil)
		c.Models = []ModelPath{{Path: path}}
	})
	row := map[string]any{"x": feature.Value{Text: "7"}}
	want := predicted(t, m, []map[string]any{row})
	b := m.NewBatch(1)
	defer m.Free(b)
	if _, err := m.Columns[0].Encode(b, 0, feature.Value{Text: "7"}); err != nil {
		t.Fatal(err)
	}
	parts := fmt.Sprintf(`{"name":"x","datatype":"FP32","shape":[1,2],"data":%s},`+
		`{"name":"x::waves","datatype":"FP32","shape":[1,32],"data":%s}`,
		jsonOf(t, b.Inputs[0].Float32s()), jsonOf(t, b.Inputs[1].Float32s()))
	const cell = `{"name":"x","datatype":"BYTES","shape":[1,1],"data":[`
	text := cell + `"7"]}`
	waves := `{"name":"x::waves","datatype":"FP32","shape":[1,32],"data":` +
		jsonOf(t, b.Inputs[1].Float32s()) + `}`
	var s stranger
	if err := json.Unmarshal(r.call(t, "GET", "/v2/models/waves", nil).body, &s); err != nil {
		t.Fatal(err)
	}
	for _, inputs := range []string{parts, text} {
		got := r.call(t, "POST", "/v2/models/waves/infer", []byte(`{"inputs":[`+inputs+`]}`))
		s.checkOutputs(t, got, want)
	}
	first, _, _ := strings.Cut(parts, "},")
	for inputs, want := range map[string]string{
		text + "," + waves: `input "x::waves" is given, and so are the cells of input "x"`,
		waves:              `input "x" is missing, want each of "x", "x::waves"`,
		first + "}":        `input "x::waves" is missing`,
		cell + `"seven"]}`: `input "x": got "seven"`,
		cell + `7]}`:       `input "x": text 0: got 7, want a string`,
	} {
		got := r.call(t, "POST", "/v2/models/waves/infer", []byte(`{"inputs":[`+inputs+`]}`))
		if got.status != 400 || !strings.Contains(got.text(t), want) {
			t.Errorf("%.90s: status %d: %s, want %s", inputs, got.status, got.body, want)
		}
	}
	var meta modelJSON
	if err := json.Unmarshal(r.call(t, "GET", "/v2/models/waves", nil).body, &meta); err != nil {
		t.Fatal(err)
	}
	if len(meta.Inputs) != 1 || meta.Inputs[0].Datatype != "BYTES" ||
		len(meta.Inputs[0].Parameters["also_inputs"].([]any)) != 2 {
		t.Errorf("the metadata list %+v", meta.Inputs)
	}
}

// A number in a column's unit has no classes. One that is not finite is an error in JSON, and stays
// as it is in binary data.
func TestUnits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "films")
	var m *predictor.Model
	r := start(t, func(c *Config) {
		m = saveFilms(t, path)
		c.Models = []ModelPath{{Path: path}}
	})
	body := `{"inputs":[{"name":"Year","datatype":"BYTES","shape":[1],"data":["1999"]}],` +
		`"outputs":[{"name":"Gross","parameters":{"classification":1}}]}`
	got := r.call(t, "POST", "/v2/models/films/infer", []byte(body))
	if want := `output "Gross" is a number`; got.status != 400 ||
		!strings.Contains(got.text(t), want) {
		t.Errorf("status %d: %s, want %s", got.status, got.body, want)
	}
	h := &m.Heads[0]
	d, ok := unitDecoder(h)
	outputs := tensor.Floats([]float32{1, float32(math.Inf(-1)), float32(math.NaN())}, 3, 1)
	if _, _, err := appendUnits(nil, nil, h, d, outputs, false); !ok || err == nil {
		t.Errorf("ok is %v, the error is %v", ok, err)
	}
	_, rest, err := appendUnits(nil, nil, h, d, outputs, true)
	values := make([]float64, 3)
	if _, e := binary.Decode(rest, binary.LittleEndian, values); err != nil || e != nil ||
		values[0] != d.Value(1) || !math.IsInf(values[1], -1) || !math.IsNaN(values[2]) {
		t.Errorf("got %v (%v, %v)", values, err, e)
	}
}

// A file that cannot be decoded is the client's mistake, and takes no memory for good.
func TestBadFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "things")
	r := start(t, func(c *Config) {
		saveThings(t, path)
		c.Models = append(c.Models, ModelPath{Path: path})
	})
	rest := `{"name":"weight","datatype":"BYTES","shape":[1,1],"data":[""]},` +
		`{"name":"story","datatype":"BYTES","shape":[1,1],"data":[""]}`
	for _, c := range []struct {
		model, name, more, data string
		status                  int
		want                    string
	}{
		{"things", "look", "," + rest, "R0lGODlh", 400, `input "look": text 0: the GIF is cut short`},
		{"things", "look", "," + rest, "no base64!", 400, `input "look": text 0: wrong base64`},
		{"things", "look", "," + rest, "aGFsbG8=", 415, `input "look": text 0: got text`},
		{"digitqa", "image", "," + oddNumber, "", 400, `input "image": text 0: a picture is missing`},
	} {
		body := fmt.Sprintf(`{"inputs":[{"name":%q,"datatype":"BYTES","shape":[1,1],"data":[%q]}%s]}`,
			c.name, c.data, c.more)
		got := r.call(t, "POST", "/v2/models/"+c.model+"/infer", []byte(body))
		if got.status != c.status || !strings.Contains(got.text(t), c.want) {
			t.Errorf("%s: status %d: %s, want %d, %s", body, got.status, got.body, c.status, c.want)
		}
		if held := r.memory.held(); held != 0 {
			t.Errorf("%s: %d bytes of the budget are held", body, held)
		}
	}
	head := `{"inputs":[{"name":"look","datatype":"BYTES","shape":[1,1],` +
		`"parameters":{"binary_data_size":10}},` + rest + `]}`
	got := r.call(t, "POST", "/v2/models/things/infer", []byte(head+"\x06\x00\x00\x00GIF89a"),
		headerLength, strconv.Itoa(len(head)))
	if want := `input "look": file 0: the GIF is cut short`; got.status != 400 ||
		!strings.Contains(got.text(t), want) {
		t.Errorf("status %d: %s, want %s", got.status, got.body, want)
	}
}

// A text may be as long as for /ask, and a file in base64 may have escapes, as encoders that escape
// slashes write it.
func TestInferLongTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop")
	saveShop(t, path)
	r := start(t, func(c *Config) { c.Models = append(c.Models, ModelPath{Path: path}) })
	img := image.NewRGBA(image.Rect(0, 0, 150, 140))
	for at := range img.Pix {
		img.Pix[at] = uint8(at * at * at >> 7)
	}
	picture := base64.StdEncoding.EncodeToString(braidtest.PNG(t, img))
	const limit = 24 << 10 // of a name with escapes
	if n := strings.Count(picture, "/"); n == 0 || len(picture) < limit {
		t.Fatalf("the picture has %d bytes and %d slashes", len(picture), n)
	}
	title := strings.Repeat("a thing of 3 parts ", maxCell/19)
	// asked sends a text and a picture as JSON strings, and returns the outputs.
	asked := func(title, look string) []json.RawMessage {
		t.Helper()
		inputs := []string{fmt.Sprintf(
			`{"name":"look","datatype":"BYTES","shape":[1,1],"data":["%s"]}`, look)}
		for i, in := range r.models[1].current.Load().metadata().Inputs {
			text := ""
			if in.Name == "title" {
				text = title
			}
			if i > 0 {
				inputs = append(inputs, fmt.Sprintf(
					`{"name":%s,"datatype":"BYTES","shape":[1,1],"data":["%s"]}`, jsonOf(t, in.Name), text))
			}
		}
		got := r.call(t, "POST", "/v2/models/shop/infer",
			[]byte(`{"inputs":[`+strings.Join(inputs, ",")+`]}`), "Content-Type", asJSON)
		var reply struct{ Outputs []json.RawMessage }
		if err := json.Unmarshal(got.body, &reply); err != nil || got.status != 200 {
			t.Fatalf("status %d: %.300s (%v)", got.status, got.body, err)
		}
		return reply.Outputs
	}
	plain := asked(title, picture)
	escaped := asked(strings.ReplaceAll(title, " ", `\u0020`), strings.ReplaceAll(picture, "/", `\/`))
	if !reflect.DeepEqual(plain, escaped) {
		t.Errorf("got %s, with escapes %s", plain, escaped)
	}
	other := asked(strings.ReplaceAll(title, "thing", "x"), picture)
	if reflect.DeepEqual(plain, other) {
		t.Error("the text changes nothing")
	}
}
