// Package modelfile reads and writes model files. A model file is a safetensors file: the weights
// are tensors, named by layer and weight; everything else is JSON in the metadata. Any reader of
// safetensors can read the weights.
package modelfile
