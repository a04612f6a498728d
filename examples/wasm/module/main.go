//go:build js && wasm

// Command module is what the page of examples/wasm runs in the browser: it opens a model and
// answers its questions.
package main

import (
	"encoding/json"
	"syscall/js"

	"braid/feature"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
)

func main() {
	var model *predictor.Model
	// braidOpen(bytes) opens a model file and returns {columns: [its description of each]}.
	js.Global().Set("braidOpen", function(func(args []js.Value) (any, error) {
		file, err := modelfile.Parse(bytesOf(args[0]))
		if err != nil {
			return nil, err
		}
		if model, err = predictor.New(file); err != nil {
			return nil, err
		}
		columns := map[string]feature.Description{}
		for _, c := range model.Columns {
			columns[c.Name] = feature.Describe(c.Encoder)
		}
		return columns, nil
	}))
	// braidAsk(png, question) returns the answer of each head.
	js.Global().Set("braidAsk", function(func(args []js.Value) (any, error) {
		answers, err := model.Ask(map[string]feature.Value{
			"image": {Content: bytesOf(args[0])}, "question": {Text: args[1].String()},
		})
		return map[string]map[string]target.Answer{"heads": answers}, err
	}))
	js.Global().Call("braidReady")
	select {}
}

// function makes a function for the page. It returns JSON: the result, or {"error": TEXT}.
func function(call func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		result, err := call(args)
		if err != nil {
			result = map[string]string{"error": err.Error()}
		}
		content, err := json.Marshal(result)
		if err != nil {
			content, _ = json.Marshal(map[string]string{"error": err.Error()})
		}
		return string(content)
	})
}

func bytesOf(array js.Value) []byte {
	content := make([]byte, array.Length())
	js.CopyBytesToGo(content, array)
	return content
}
