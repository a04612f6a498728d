// Package modelfile keeps models in files. A model file is one safetensors file: the weights as
// tensors under the layers' names, everything else as JSON in its metadata. Any reader of
// safetensors can open it.
package modelfile
