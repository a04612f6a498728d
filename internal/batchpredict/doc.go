// Package batchpredict predicts the rows of a file of any length in constant memory, for braid
// predict.
//
// Rows are those of a Table (cells of CSV, TSV, Parquet and the like), of JSONLines, whose values
// may also be lists of numbers and files in base64, or of IDX images. A Prediction answers them,
// writes the answers to a data.Sink, and returns a Summary with the scores of the heads whose
// labels the rows have:
//
//	file, err := batchpredict.Open(ctx, "rows.jsonl", os.Stdin)
//	p := batchpredict.Prediction{Model: model, Rows: batchpredict.NewJSONLines(file, ".")}
//	fields, err := p.Header()
//	sink, err := data.NewJSONSink(os.Stdout, fields)
//	summary, err := p.Run(ctx, sink)
//
// Rows are processed in blocks (block.go). One goroutine reads a block while another one is
// predicted: all processors convert its rows to a batch, the model predicts the batch, and
// header.go names and formats the answers. scores.go draws the rows that are scored. In table.go,
// json.go and idx.go are the kinds of rows. With IDX images, question.go reads the questions and
// label.go the labels; parser.go reads a JSON object. file.go decompresses, line.go splits lines;
// input.go and head.go describe the model's columns and heads.
//
// A row that cannot be predicted is marked in its block, and Prediction.OnError says what happens
// to it. Errors name the file, the line and what was wanted.
package batchpredict
