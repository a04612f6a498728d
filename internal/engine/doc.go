// Package engine runs graphs of ops: it lays out memory, cuts a batch into rows for workers, and computes
// gradients. Nothing here is exported to users; braid, train and tests stand on it.
//
// A Network is compiled once from the graph's nodes. A Workspace is the memory for one batch. Its Workers
// take rows through the network and back; then each computes the gradient of its blocks of weights.
//
//	layout.go     which columns of which buffer a node's rows are
//	workspace.go  the memory of a batch
//	worker.go     a node, forward and backward, on some rows
//	stage.go      the order of a step: nodes by rows, and those at which the workers meet
//	team.go       several workers on one batch
//	private.go    what a worker keeps for itself of the inputs
//	splitk.go     products that the workers share by columns of the input
//	block.go      how weights are cut into blocks, and which worker gets which
//	gradient.go   the gradient of a block: the fold of its chunks of rows
//
// The bytes do not depend on the number of workers. Rows are independent; sums over rows are computed in
// chunks whose size depends on shapes alone, and folded by one fixed tree.
package engine
