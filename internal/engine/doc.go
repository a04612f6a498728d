// Package engine runs graphs of ops: it lays out memory, divides the rows of a batch among workers,
// and computes gradients. It is internal: packages braid and train build on it.
//
// A Network is compiled once from the graph's nodes. A Workspace is the memory for one batch. A
// Team's workers compute the rows forward and backward; then each worker computes the gradient of
// its blocks of weights.
//
//	network.go    nodes, weights and the compiled graph
//	layout.go     the buffer columns that hold each node's output
//	liveness.go   buffers that share memory in prediction
//	workspace.go  the memory of a batch
//	worker.go     one node, forward and backward, on a range of rows
//	pass.go       the way back from all heads, or from one
//	stage.go      the order of a step: nodes computed by blocks of rows, and barriers
//	team.go       several workers on one batch
//	private.go    each worker's private copies of the inputs
//	splitk.go     split-K: products divided among workers by columns of the input
//	sums.go       sums over all rows, for ops that couple rows
//	block.go      blocks of weights, and their assignment to workers
//	gradient.go   the gradient of a block: the fold of its chunks of rows
//	sparse.go     the gradient of the rows that a batch touches
//
// The bytes do not depend on the number of workers. Rows are independent; sums over rows are
// computed in chunks whose size depends on shapes alone, and folded by one fixed tree.
package engine
