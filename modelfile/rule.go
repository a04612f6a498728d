package modelfile

// Rule states when outputs of two heads agree: for a given text, one head's output is a label if
// and only if another head's output is one of a list. For the text "odd number" the answer is yes
// if and only if the digit is 1, 3, 5, 7 or 9.
type Rule struct {
	Input  string   `json:"input"`  // the text input
	Text   string   `json:"text"`   // value of the input for which the rule holds
	Head   string   `json:"head"`   // the head with the answer
	Label  string   `json:"label"`  // its label
	Of     string   `json:"of"`     // the head that it depends on
	Labels []string `json:"labels"` // the labels of Of for which Head's is Label
}
