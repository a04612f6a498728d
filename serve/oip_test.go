package serve

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/predictor"
)

// tensorsOf reads the outputs of a reply, in JSON and in binary.
func tensorsOf(t *testing.T, r response) (reply struct {
	ID      string `json:"id"`
	Model   string `json:"model_name"`
	Version string `json:"model_version"`
	Outputs []struct {
		Name, Datatype string
		Shape          []int
		Data           []float32
		Parameters     struct {
			Size int `json:"binary_data_size"`
		}
	}
}) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	text, rest := r.body, []byte(nil)
	if length := r.header.Get(headerLength); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || r.header.Get("Content-Type") != "application/octet-stream" {
			t.Fatalf("headers are %v", r.header)
		}
		text, rest = r.body[:n], r.body[n:]
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for i := range reply.Outputs {
		out := &reply.Outputs[i]
		for range out.Parameters.Size / 4 {
			out.Data = append(out.Data, math.Float32frombits(binary.LittleEndian.Uint32(rest)))
			rest = rest[4:]
		}
	}
	if len(rest) > 0 {
		t.Fatalf("%d bytes follow", len(rest))
	}
	return reply
}

func jsonOf(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ints is for JSON, which would make base64 of bytes.
func ints(pixels []uint8) []int {
	list := make([]int, len(pixels))
	for i, v := range pixels {
		list[i] = int(v)
	}
	return list
}

// Every way to say the same gives the bytes that the model gives.
func TestInferEveryWay(t *testing.T) {
	r := start(t)
	rows := r.want(t, []int{7, 40}, []int32{4, 6, 3, 2}) // even number, half upper
	pixels := append(picture(7), picture(40)...)
	var nested [2][28][28]int
	for i, v := range pixels {
		nested[i/784][i/28%28][i%28] = int(v)
	}
	written := strings.ReplaceAll(jsonOf(t, ints(pixels)), ",", ".0, ") // as numpy's tolist gives
	floats := rows.Inputs[0].Float32s()
	image := func(datatype string, data any) string {
		return fmt.Sprintf(`{"name":"image","datatype":%q,"shape":[2,28,28],"data":%s}`, datatype, jsonOf(t, data))
	}
	const (
		words  = `{"name":"question","shape":[2,1],"datatype":"BYTES","data":["even number","half upper"]}`
		nests  = `{"data":[["even number"],["half upper"]],"datatype":"BYTES","shape":[2,1],"name":"question","parameters":{"other":[1]}}`
		ids    = `{"name":"question","shape":[2,2],"datatype":"INT32","data":[4,6,3,2]}`
		idNest = `{"name":"question","shape":[2,2],"datatype":"INT32","data":[[4,6],[3,2]]}`
	)
	plain := func(inputs ...string) (string, []byte) { return `{"inputs":[` + strings.Join(inputs, ",") + `]}`, nil }
	bin := func(name, datatype string, shape []int, size int) string {
		return fmt.Sprintf(`{"name":%q,"datatype":%q,"shape":%s,"parameters":{"binary_data_size":%d}}`, name, datatype, jsonOf(t, shape), size)
	}
	var texts []byte
	for _, q := range []string{"even number", "half upper"} {
		texts = append(binary.LittleEndian.AppendUint32(texts, uint32(len(q))), q...)
	}
	floatBytes, err := binary.Append(nil, binary.LittleEndian, floats)
	if err != nil {
		t.Fatal(err)
	}
	idBytes, err := binary.Append(nil, binary.LittleEndian, []int32{4, 6, 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]func() (string, []byte){
		"UINT8, flat": func() (string, []byte) { return plain(image("UINT8", ints(pixels)), words) },
		"UINT8 as floats": func() (string, []byte) {
			return plain(image("UINT8", json.RawMessage(written)), words)
		},
		"UINT8, nested": func() (string, []byte) { return plain(nests, image("UINT8", nested)) },
		"FP32":          func() (string, []byte) { return plain(image("FP32", floats), ids) },
		"INT32, nested": func() (string, []byte) { return plain(image("FP32", floats), idNest) },
		"binary bytes": func() (string, []byte) {
			s, _ := plain(bin("image", "UINT8", []int{2, 28, 28}, 1568), words)
			return s, pixels
		},
		"binary both": func() (string, []byte) {
			s, _ := plain(bin("question", "BYTES", []int{2}, len(texts)), bin("image", "FP32", []int{2, 28, 28}, 6272))
			return s, append(slices.Clone(texts), floatBytes...)
		},
		"binary ids": func() (string, []byte) {
			s, _ := plain(bin("question", "INT32", []int{2, 2}, 16), image("UINT8", ints(pixels)))
			return s, idBytes
		},
	} {
		text, rest := request()
		var headers []string
		if rest != nil {
			headers = []string{headerLength, strconv.Itoa(len(text))}
		}
		got := tensorsOf(t, r.call(t, "POST", inferPath, append([]byte(text), rest...), headers...))
		if got.Model != "digitqa" || got.Version != r.models[0].current.Load().Version() || got.ID != "" || len(got.Outputs) != 2 {
			t.Errorf("%s: the reply is %+v", name, got)
			continue
		}
		for i, out := range got.Outputs {
			want := []string{"digit", "answer"}[i]
			shape := [][]int{{2, 10}, {2, 1}}[i]
			if out.Name != want || out.Datatype != "FP32" || !slices.Equal(out.Shape, shape) || !slices.Equal(out.Data, rows.Answers[i].Float32s()) {
				t.Errorf("%s: output %+v\nwant %s %v %v", name, out, want, shape, rows.Answers[i].Float32s())
			}
		}
	}
}

// one is a request of one row, with more members.
func one(t testing.TB, n int, question, more string) []byte {
	return fmt.Appendf(nil, `{%s"inputs":[{"name":"image","datatype":"UINT8","shape":[1,28,28],"data":%s},{"name":"question","datatype":"BYTES","shape":[1,1],"data":[%q]}]}`,
		more, jsonOf(t, ints(picture(n))), question)
}

func TestOutputs(t *testing.T) {
	r := start(t)
	rows := r.want(t, []int{3}, []int32{5, 6})
	digit, answer := rows.Answers[0].Float32s(), rows.Answers[1].Float32s()
	for more, want := range map[string]struct {
		names []string
		sizes []int // in bytes, as binary data
	}{
		``:                               {[]string{"digit", "answer"}, []int{0, 0}},
		`"outputs":[{"name":"answer"}],`: {[]string{"answer"}, []int{0}},
		`"outputs":[{"name":"answer","parameters":{"binary_data":true}},{"name":"digit"}],`:                                           {[]string{"answer", "digit"}, []int{4, 0}},
		`"parameters":{"binary_data_output":true},"id":"a \"7\"",`:                                                                    {[]string{"digit", "answer"}, []int{40, 4}},
		`"parameters":{"binary_data_output":true},"outputs":[{"parameters":{"binary_data":false},"name":"digit"},{"name":"answer"}],`: {[]string{"digit", "answer"}, []int{0, 4}},
	} {
		got := tensorsOf(t, r.call(t, "POST", inferPath, one(t, 3, "odd number", more)))
		if id := strings.Contains(more, `"id"`); id != (got.ID == `a "7"`) {
			t.Errorf("%s: the id is %q", more, got.ID)
		}
		var names []string
		var sizes []int
		for _, out := range got.Outputs {
			names, sizes = append(names, out.Name), append(sizes, out.Parameters.Size)
			values := digit
			if out.Name == "answer" {
				values = answer
			}
			if !slices.Equal(out.Data, values) {
				t.Errorf("%s: %s is %v, want %v", more, out.Name, out.Data, values)
			}
		}
		if !slices.Equal(names, want.names) || !slices.Equal(sizes, want.sizes) {
			t.Errorf("%s: outputs are %v of %v bytes, want %v", more, names, sizes, want)
		}
	}
}

// Each route without a body answers as the protocol says.
func TestAbout(t *testing.T) {
	r := start(t)
	version := r.models[0].current.Load().Version()
	model := `{"name":"digitqa","versions":["` + version + `"],"platform":"braid_safetensors","inputs":[` +
		`{"name":"image","datatype":"UINT8","shape":[-1,28,28],"parameters":{"also_datatype":"FP32","also_shape":[-1,28,28]}},` +
		`{"name":"question","datatype":"BYTES","shape":[-1,1],"parameters":{"also_datatype":"INT32","also_shape":[-1,2]}}],"outputs":[` +
		`{"name":"digit","datatype":"FP32","shape":[-1,10],"parameters":{"labels":["0","1","2","3","4","5","6","7","8","9"]}},` +
		`{"name":"answer","datatype":"FP32","shape":[-1,1],"parameters":{"labels":["no","yes"]}}]}`
	for path, want := range map[string]string{
		"/v2":                                    `{"name":"braid","version":"` + Version() + `","extensions":["binary_tensor_data","classification"]}`,
		"/v2/":                                   `{"name":"braid","version":"` + Version() + `","extensions":["binary_tensor_data","classification"]}`,
		"/v2/health/live":                        `{"live":true}`,
		"/v2/health/ready":                       `{"ready":true}`,
		"/v2/models/digitqa":                     model,
		"/v2/models/digitqa/ready":               `{"name":"digitqa","ready":true}`,
		"/v2/models/digitqa/versions/" + version: model,
		"/v2/models/digitqa/versions/" + version + "/ready": `{"name":"digitqa","ready":true}`,
	} {
		got := r.call(t, "GET", path, nil)
		var a, b any
		if err := json.Unmarshal(got.body, &a); err != nil || got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, %v: %s", path, got.status, got.header, got.body)
		}
		if json.Unmarshal([]byte(want), &b); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: got  %s\nwant %s", path, got.body, want)
		}
		if head := r.call(t, "HEAD", path, nil); head.status != http.StatusOK || len(head.body) > 0 {
			t.Errorf("HEAD %s: status %d: %q", path, head.status, head.body)
		}
	}
	if got := r.call(t, "POST", "/v2/models/digitqa/versions/"+version+"/infer", one(t, 1, "odd number", "")); got.status != http.StatusOK {
		t.Errorf("the version's infer: status %d: %s", got.status, got.body)
	}
}

// What goes wrong while inputs are read, and is not the client's mistake, is told as such, leaves nothing taken, and
// stands in the log.
func TestReadFails(t *testing.T) {
	const rows = 10 // which are counted
	requests := map[string]func(question string) (path string, body []byte, headers []string){
		"JSON": func(question string) (string, []byte, []string) {
			text := images(rows, strings.Repeat("7,", rows*784-1)+"7")
			return inferPath, []byte(strings.ReplaceAll(strings.ReplaceAll(text, "prime number", question), "odd number", question)), nil
		},
		"binary": func(question string) (string, []byte, []string) {
			texts := strings.Repeat(string(binary.LittleEndian.AppendUint32(nil, uint32(len(question))))+question, rows)
			text := fmt.Sprintf(`{"inputs":[{"name":"image","datatype":"UINT8","shape":[%d,28,28],"parameters":{"binary_data_size":%d}},`+
				`{"name":"question","datatype":"BYTES","shape":[%d],"parameters":{"binary_data_size":%d}}]}`, rows, rows*784, rows, len(texts))
			return inferPath, []byte(text + strings.Repeat("\x07", rows*784) + texts), []string{headerLength, strconv.Itoa(len(text))}
		},
		"ask": func(question string) (string, []byte, []string) {
			return "/ask", []byte(`{"image":` + jsonOf(t, ints(picture(3))) + `,"question":"` + question + `"}`), []string{"Content-Type", asJSON}
		},
	}
	for name, c := range map[string]struct {
		spoil func(*predictor.Model)
		log   string
	}{
		"error":   {func(m *predictor.Model) { m.Inputs[1].Text.Padding.Length = -7 }, "Padding.Length = -7"},
		"panic":   {func(m *predictor.Model) { m.Inputs[1].Text.Tokenizer = nil }, "nil pointer"},
		"predict": {func(m *predictor.Model) { m.Inputs[1].Text.Padding.Value = 77 }, "is id 77, want 0 to 7"},
	} {
		for kind, request := range requests {
			r := start(t)
			path, body, headers := request("half") // not known by heart
			if got := r.call(t, "POST", path, body, headers...); got.status != http.StatusOK {
				t.Fatalf("%s: status %d: %.300s", kind, got.status, got.body)
			}
			c.spoil(r.models[0].current.Load().Model)
			got := r.call(t, "POST", path, body, headers...)
			if got.status != http.StatusInternalServerError || got.text(t) != "the server failed at this request: its log says why" {
				t.Errorf("%s, %s: status %d: %.300s", name, kind, got.status, got.body)
			}
			eventually(t, func() bool { return strings.Contains(r.logs.String(), c.log) })
			if held := r.memory.held(); held != 0 {
				t.Errorf("%s, %s: %d bytes of the budget are held", name, kind, held)
			}
			if n := r.rejected(t, "failed"); n != 1 {
				t.Errorf("%s, %s: %d requests count as failed, want 1", name, kind, n)
			}
		}
	}
}

// An error that nobody knows is ours, and the client does not see it.
func TestProblemOf(t *testing.T) {
	for _, err := range []error{errors.New("of ours"), fmt.Errorf("inside: %w", errors.New("of ours")), &panicked{value: "of ours"}, io.ErrUnexpectedEOF} {
		if p := problemOf(err); p.status != http.StatusInternalServerError || p.reason != "failed" || p.text != "the server failed at this request: its log says why" {
			t.Errorf("%v: %+v", err, p)
		}
	}
}
