package modelfile

// Rule says which answers of two heads fit together: where a text is asked, one head's answer is a label
// exactly if another head's is one of some. "odd number" is answered yes exactly if the digit is 1, 3, 5, 7
// or 9.
type Rule struct {
	Input  string   `json:"input"`  // the input of text
	Text   string   `json:"text"`   // what is asked there
	Head   string   `json:"head"`   // the head that answers it
	Label  string   `json:"label"`  // its answer if the rule applies
	Of     string   `json:"of"`     // the head that the answer depends on
	Labels []string `json:"labels"` // its answers to which the rule applies
}
