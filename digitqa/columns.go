package digitqa

import (
	"braid/data"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/text"
)

// noYes are the answers to a question, in the order of the head's labels.
var noYes = []string{"no", "yes"}

// Columns returns what a model file of Network's has for its inputs and heads: how pictures of the
// given size and questions are read, and the labels of both heads. s is the standard of the pixels
// of training.
func Columns(height, width int, s data.Standard) ([]modelfile.Feature, []modelfile.Target, error) {
	tokenizer, err := Tokenizer()
	if err != nil {
		return nil, nil, err
	}
	var texts []string
	for _, q := range Questions {
		texts = append(texts, q.Text)
	}
	words, err := feature.NewTokensEncoder(tokenizer, text.Padding{Length: questionWords}, maxWords,
		texts)
	if err != nil {
		return nil, nil, err
	}
	features := []modelfile.Feature{
		{Column: "image", Encoder: &feature.DigitEncoder{Height: height, Width: width, Standard: s}},
		{Column: "question", Encoder: words},
	}
	targets := []modelfile.Target{
		{Column: "digit", Decoder: target.CategoryDecoder{Classes: digits}},
		{Column: "answer", Decoder: target.BinaryDecoder{
			False: noYes[0], True: noYes[1], Declared: true, Threshold: 0.5}},
	}
	return features, targets, nil
}

// digits are the labels of the head for a digit.
var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
