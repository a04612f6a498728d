package feature_test

import (
	"math"
	"reflect"
	"testing"

	"braid/feature"
)

// FuzzEncode encodes any cell with all encoders. An encoder writes finite numbers and ids of the
// vocabulary, or returns an error. Cells that are canonically equal are encoded alike.
func FuzzEncode(f *testing.F) {
	type learnt struct {
		feature feature.Feature
		encoder feature.Encoder
	}
	var list []learnt
	for _, x := range examples() {
		list = append(list, learnt{x.feature, learn(f, x.feature, x.cells...)})
		for _, cell := range x.cells {
			f.Add(cell)
		}
	}
	for _, cell := range []string{"-1.5e300", "2002-10-11T15:04:05.123+02:00", "20021011 1504", "２５Ａ",
		"a\xff\u0301 b", "ที่นี่", "x;;x; y", "İ ẞ", "true", "2002-W01"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		for _, l := range list {
			row := slots(l.encoder)
			note, err := l.encoder.Encode(feature.Value{Text: cell}, row)
			if err != nil {
				continue
			}
			for i, in := range l.encoder.Inputs("c") {
				for _, v := range row[i].Floats {
					if !(math.Abs(float64(v)) <= 3) {
						t.Errorf("%+v: %q is %v", l.feature, cell, row[i].Floats)
					}
				}
				for _, id := range row[i].Ints {
					if id < 0 || int(id) >= in.Vocabulary {
						t.Errorf("%+v: %q has id %d of %d", l.feature, cell, id, in.Vocabulary)
					}
				}
			}
			again := slots(l.encoder)
			canonical := l.feature.Canonical(cell)
			noteAgain, err := l.encoder.Encode(feature.Value{Text: canonical}, again)
			if err != nil || noteAgain != note || !reflect.DeepEqual(again, row) {
				t.Errorf("%+v: %q is %v with note %b, its canonical %q %v with %b, error %v", l.feature,
					cell, row, note, canonical, again, noteAgain, err)
			}
		}
	})
}
