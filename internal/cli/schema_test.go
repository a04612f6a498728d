package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// The files that init writes, and those of a run, are right for the schema that is printed.
func TestSchema(t *testing.T) {
	printed, errs := mustCall(t, "schema")
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(printed))
	if err != nil || errs != "" {
		t.Fatal(err, errs)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	path := shopRows(t)
	mustCall(t, "init", path, "--heads", "kind,price")
	mustCall(t, "init", path, "--heads", "kind,price", "--network", "--out", "listed.yaml")
	mustCall(t, "train", "shop.yaml", "--epochs", "1", "--out", "run", "--log", "none")
	files := []string{"shop.yaml", "listed.yaml", "run/" + experimentName}
	for _, file := range files {
		var value any
		if err := yaml.Unmarshal([]byte(content(t, file)), &value); err != nil {
			t.Fatal(err)
		}
		value = textKeys(value)
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		value.(map[string]any)["dta"] = true
		if schema.Validate(value) == nil {
			t.Errorf("%s: the schema accepts an unknown key", file)
		}
	}
}

// textKeys returns a value of YAML with keys that are texts: true is a key of binary heads.
func textKeys(value any) any {
	all := map[string]any{}
	switch v := value.(type) {
	case map[string]any:
		for key, value := range v {
			all[key] = textKeys(value)
		}
	case map[any]any:
		for key, value := range v {
			all[fmt.Sprint(key)] = textKeys(value)
		}
	default:
		return value
	}
	return all
}
