package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"braid/data/mnist"
	"braid/tensor"
)

// writeMNIST loads MNIST, which puts it in Braid's cache, and writes its four files uncompressed
// for the peers.
func writeMNIST(ctx context.Context, dir string) error {
	digits, err := mnist.Finder{}.Find(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		writeIDX(filepath.Join(dir, "train-images-idx3-ubyte"), digits.Train.Pixels),
		writeIDX(filepath.Join(dir, "train-labels-idx1-ubyte"), digits.Train.Labels),
		writeIDX(filepath.Join(dir, "t10k-images-idx3-ubyte"), digits.Test.Pixels),
		writeIDX(filepath.Join(dir, "t10k-labels-idx1-ubyte"), digits.Test.Labels),
	)
}

// writeIDX writes a tensor of bytes in MNIST's format: type 8, number of axes, lengths, data.
func writeIDX(path string, t tensor.Tensor) error {
	content := []byte{0, 0, 8, byte(len(t.Shape()))}
	for _, n := range t.Shape() {
		content = binary.BigEndian.AppendUint32(content, uint32(n))
	}
	if err := os.WriteFile(path, append(content, t.Uint8s()...), 0o644); err != nil {
		return fmt.Errorf("MNIST for the peers: %w", err)
	}
	return nil
}
