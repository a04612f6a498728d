package feature_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// The numbers of an input come from lists alone. What a list must have is written and read back.
func TestNumbersEncoder(t *testing.T) {
	for _, c := range []struct {
		e    feature.NumbersEncoder
		want string // the error of a cell
	}{
		{feature.NumbersEncoder{DType: tensor.Float32, Shape: tensor.Shape{2, 3}},
			"want a list of 6 numbers"},
		{feature.NumbersEncoder{DType: tensor.Int32, Shape: tensor.Shape{4}, Vocabulary: 9},
			"want a list of 4 ids"},
		{feature.NumbersEncoder{DType: tensor.Uint8, Shape: tensor.Shape{5},
			Standard: data.Standard{Mean: 3, Std: 7}}, "want a list of 5 numbers from 0 to 255"},
	} {
		content, err := json.Marshal(&c.e)
		if err != nil {
			t.Fatal(err)
		}
		e, err := feature.DecodeEncoder("numbers", content)
		if err != nil || !reflect.DeepEqual(e, &c.e) {
			t.Errorf("%s: read as %+v, error %v", content, e, err)
			continue
		}
		want := []feature.Input{{Name: "a%3A:b", DType: c.e.DType, Shape: c.e.Shape,
			Vocabulary: c.e.Vocabulary, Standard: c.e.Standard}}
		if got := e.Inputs("a::b"); !reflect.DeepEqual(got, want) {
			t.Errorf("inputs are %+v, want %+v", got, want)
		}
		_, err = e.Encode(feature.Value{Text: "[1,2,3,4,5,6]"}, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
	for content, want := range map[string]string{
		`{"dtype":"float32","shape":[0]}`: "0", `{"dtype":"uint8","shape":[2]}`: "std = 0",
		`{"dtype":"int32","shape":[2],"vocabulary":-1}`: "vocabulary = -1",
	} {
		_, err := feature.DecodeEncoder("numbers", []byte(content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", content, err, want)
		}
	}
}
