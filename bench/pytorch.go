package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
)

const pytorchCure = "install Debian's python3-torch, python3-numpy and libopenblas0-pthread, " +
	"or name another Python with -python"

// torch is a PyTorch that works, and the environment in which it is at its best.
type torch struct {
	python string
	env    []string
}

// pytorch finds PyTorch and checks OpenBLAS' results with the kernels for AVX-512. Where they are
// wrong, or the machine cannot run them, OpenBLAS chooses for itself.
func (l *lab) pytorch(ctx context.Context) (torch, error) {
	return once(l, "pytorch", func() (torch, error) {
		t := torch{python: l.python}
		if t.python == "" {
			for _, name := range []string{"/usr/bin/python3", "python3"} { // Debian's first: it has the package
				if path, err := exec.LookPath(name); err == nil {
					t.python = path
					break
				}
			}
		}
		if t.python == "" {
			return t, errors.New("PyTorch: there is no python3: " + pytorchCure)
		}
		t.env = []string{"OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE=1", "OPENBLAS_CORETYPE=SkylakeX"}
		err := l.checkTorch(ctx, t)
		if err != nil {
			wrong := err
			t.env[2] = "OPENBLAS_CORETYPE"
			if err = l.checkTorch(ctx, t); err == nil {
				l.note("OpenBLAS' kernels for AVX-512 do not work here, so it chose its own: %s", oneLine(wrong.Error()))
			}
		}
		if err != nil {
			return t, fmt.Errorf("PyTorch: %w: %s", err, pytorchCure)
		}
		return t, nil
	})
}

// checkTorch tests whether products are right to float32's precision.
func (l *lab) checkTorch(ctx context.Context, t torch) error {
	env := append([]string{"OPENBLAS_NUM_THREADS=1"}, t.env...)
	output, err := l.tool(ctx, env, "", t.python, l.script("check.py"))
	if err != nil {
		return err
	}
	var said struct {
		Torch    string
		Worst    float64 // error of an element by the root of the terms it sums
		OpenBLAS bool
	}
	if err := json.Unmarshal(output, &said); err != nil {
		return fmt.Errorf("check.py said %q: %w", output, err)
	}
	if !(said.Worst < 1e-5) {
		return fmt.Errorf("a product is wrong by %g", said.Worst)
	}
	if !said.OpenBLAS {
		l.note("PyTorch runs without OpenBLAS, which makes it two to three times slower: not a fair peer")
	}
	l.note("PyTorch is %s", said.Torch)
	return nil
}

// script is one of the harness's own Python scripts.
func (l *lab) script(name string) string { return filepath.Join(l.root, "bench", "pytorch", name) }

// threads are how many PyTorch has of its own and how many OpenBLAS has, which it calls for
// products.
type threads struct{ own, blas int }

// run is a script that trains for some epochs.
func (t torch) run(script string, n threads, epochs int, args ...string) command {
	args = append([]string{script, "--threads", strconv.Itoa(n.own), "--epochs", strconv.Itoa(epochs)}, args...)
	env := append([]string{"OPENBLAS_NUM_THREADS=" + strconv.Itoa(n.blas)}, t.env...)
	return command{path: t.python, args: args, env: env, read: medianOf("train_s")}
}

// pytorchTrains is one of the harness's scripts, for few epochs.
func pytorchTrains(name, script string, n threads) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		t, err := l.pytorch(ctx)
		if err != nil {
			return command{}, err
		}
		return t.run(l.script(script), n, l.peerEpochs), nil
	}}
}

// pytorchSeed is the seed job in one of the modes of the script for it. Whole runs take as many
// epochs as Braid's.
func pytorchSeed(name, mode string, whole bool) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		t, err := l.pytorch(ctx)
		if err != nil {
			return command{}, err
		}
		dir, err := l.mnist(ctx)
		if err != nil {
			return command{}, err
		}
		epochs := l.peerEpochs
		if whole {
			epochs = l.epochs
		}
		script := filepath.Join(l.peers, "pytorch_seed.py")
		if l.seedScript != "" {
			script = l.seedScript
		}
		return t.run(script, threads{1, 1}, epochs, "--mode", mode, "--data", dir), nil
	}}
}
