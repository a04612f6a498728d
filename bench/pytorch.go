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

// torch is a working PyTorch, with the environment in which it is fastest.
type torch struct {
	python string
	env    []string
}

// pytorch finds PyTorch and checks the results of OpenBLAS' kernels for AVX-512. If they are wrong,
// or the machine cannot run them, it lets OpenBLAS choose its kernels.
func (l *lab) pytorch(ctx context.Context) (torch, error) {
	return once(l, "pytorch", func() (torch, error) {
		t := torch{python: l.python}
		if t.python == "" {
			// Debian's Python first: its packages include PyTorch.
			for _, name := range []string{"/usr/bin/python3", "python3"} {
				if path, err := exec.LookPath(name); err == nil {
					t.python = path
					break
				}
			}
		}
		if t.python == "" {
			return t, errors.New("PyTorch: python3 is not installed: " + pytorchCure)
		}
		t.env = []string{"OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE=1", "OPENBLAS_CORETYPE=SkylakeX"}
		err := l.checkTorch(ctx, t)
		if err != nil {
			wrong := err
			t.env[2] = "OPENBLAS_CORETYPE"
			if err = l.checkTorch(ctx, t); err == nil {
				l.note("OpenBLAS' kernels for AVX-512 do not work here, so it chose others: %s",
					oneLine(wrong.Error()))
			}
		}
		if err != nil {
			return t, fmt.Errorf("PyTorch: %w: %s", err, pytorchCure)
		}
		return t, nil
	})
}

// checkTorch returns an error unless products are correct to float32's precision.
func (l *lab) checkTorch(ctx context.Context, t torch) error {
	env := append([]string{"OPENBLAS_NUM_THREADS=1"}, t.env...)
	output, err := l.tool(ctx, env, "", t.python, l.script("check.py"))
	if err != nil {
		return err
	}
	var report struct {
		Torch    string
		Worst    float64 // largest error of an element / sqrt(number of terms)
		OpenBLAS bool
	}
	if err := json.Unmarshal(output, &report); err != nil {
		return fmt.Errorf("check.py printed %q: %w", output, err)
	}
	if !(report.Worst < 1e-5) {
		return fmt.Errorf("a product is wrong by %g", report.Worst)
	}
	if !report.OpenBLAS {
		l.note("PyTorch runs without OpenBLAS, which makes it two to three times slower: not a fair peer")
	}
	l.note("PyTorch is %s", report.Torch)
	return nil
}

// script returns the path of a Python script of the harness.
func (l *lab) script(name string) string { return filepath.Join(l.root, "bench", "pytorch", name) }

// threads are the numbers of threads of PyTorch and of OpenBLAS, which computes its products.
type threads struct{ torch, blas int }

// script returns the command of a script.
func (t torch) script(path string, n threads, args ...string) command {
	args = append([]string{path, "--threads", strconv.Itoa(n.torch)}, args...)
	env := append([]string{"OPENBLAS_NUM_THREADS=" + strconv.Itoa(n.blas)}, t.env...)
	return command{path: t.python, args: args, env: env}
}

// trains returns the command of a script that trains for some epochs.
func (t torch) trains(path string, n threads, epochs int, args ...string) command {
	c := t.script(path, n, append([]string{"--epochs", strconv.Itoa(epochs)}, args...)...)
	c.read = medianOf("train_s")
	return c
}

// pytorchTrains returns a contender that runs a script of the harness for a few epochs.
func pytorchTrains(name, script string, n threads) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		t, err := l.pytorch(ctx)
		if err != nil {
			return command{}, err
		}
		return t.trains(l.script(script), n, l.peerEpochs), nil
	}}
}

// pytorchSeed returns a contender that runs the seed job in a mode of its script. With allEpochs it
// trains as many epochs as Braid.
func pytorchSeed(name, mode string, allEpochs bool) contender {
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
		if allEpochs {
			epochs = l.epochs
		}
		script := filepath.Join(l.peers, "pytorch_seed.py")
		if l.seedScript != "" {
			script = l.seedScript
		}
		return t.trains(script, threads{1, 1}, epochs, "--mode", mode, "--data", dir), nil
	}}
}
