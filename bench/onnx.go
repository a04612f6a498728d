package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// onnxRuntime holds the paths of the library, of a program that times it, and of the models.
type onnxRuntime struct{ library, program, models string }

// onnxPart is the number of rows of one call where a batch takes several: of the record network
// fewer rows, or all at once, are slower.
const onnxPart = 100

// onnx finds ONNX Runtime.
func (l *lab) onnx(ctx context.Context) (onnxRuntime, error) {
	return once(l, "onnx", func() (onnxRuntime, error) {
		var o onnxRuntime
		var err error
		if o.library, err = l.onnxLibrary(ctx); err != nil {
			return o, err
		}
		source := filepath.Join(l.root, "bench", "onnx", "predict.c")
		if o.program, err = l.compile(ctx, "predict", source, "-O2", "-ldl"); err != nil {
			return o, err
		}
		o.models = filepath.Join(l.temp, "onnx")
		return o, os.Mkdir(o.models, 0o755)
	})
}

// onnxModel exports a network for calls of some rows with PyTorch, and returns the file's path.
func (l *lab) onnxModel(
	ctx context.Context, o onnxRuntime, network string, rows int,
) (string, error) {
	model := filepath.Join(o.models, fmt.Sprintf("%s-%d.onnx", network, rows))
	return once(l, model, func() (string, error) {
		t, err := l.pytorch(ctx)
		if err != nil {
			return "", fmt.Errorf("ONNX Runtime needs a model from PyTorch: %w", err)
		}
		args := []string{l.script("export.py"), network, strconv.Itoa(rows), model}
		if _, err := l.tool(ctx, t.env, "", t.python, args...); err != nil {
			return "", fmt.Errorf("ONNX Runtime needs a model from PyTorch: %w: "+
				"install Debian's python3-onnx", err)
		}
		return model, nil
	})
}

// onnxLibrary returns the path of the library in the cache. With -install it installs the library
// if it is missing.
func (l *lab) onnxLibrary(ctx context.Context) (string, error) {
	machine := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	binaries := filepath.Join(l.cache, "node_modules", "onnxruntime-node", "bin")
	pattern := filepath.Join(binaries, "napi-*", runtime.GOOS, machine, "libonnxruntime.*")
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[0], nil
	}
	if !l.install {
		return "", fmt.Errorf("ONNX Runtime is not in %s: -install installs npm's package "+
			"onnxruntime-node there", l.cache)
	}
	if err := os.MkdirAll(l.cache, 0o755); err != nil {
		return "", fmt.Errorf("ONNX Runtime: %w", err)
	}
	// The package contains the library. Its install script would download another one.
	_, err := l.tool(ctx, []string{"ONNXRUNTIME_NODE_INSTALL=skip"}, l.cache, "npm", "install",
		"--prefix", l.cache, "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node")
	if err != nil {
		return "", fmt.Errorf("ONNX Runtime: %w (npm is Debian's package npm)", err)
	}
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[0], nil
	}
	return "", fmt.Errorf("ONNX Runtime: npm's package onnxruntime-node has no %s", pattern)
}

// onnxPredicts returns a contender that predicts rows of a network with ONNX Runtime, in calls of
// part rows.
func onnxPredicts(name, network string, rows, part, threads int) contender {
	return contender{name, func(ctx context.Context, l *lab) (command, error) {
		o, err := l.onnx(ctx)
		if err != nil {
			return command{}, err
		}
		model, err := l.onnxModel(ctx, o, network, part)
		if err != nil {
			return command{}, err
		}
		args := []string{o.library, model}
		for _, n := range []int{rows, part, threads, 1} {
			args = append(args, strconv.Itoa(n))
		}
		return command{path: o.program, args: args, read: medianOf("predict_s")}, nil
	}}
}
