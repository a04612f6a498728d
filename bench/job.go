package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"braid"
	"braid/experiment"
	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/train"
)

// job is one measurement of Braid in a separate process, started as "bench job -do train -network
// wide -workers 2".
type job struct {
	do      string
	network string
	// experiment is an experiment file, whose default network is trained in place of network.
	experiment string
	kernels    string
	dir        string
	to         string
	shape      string
	of         string
	workers    int
	epochs     int
	rows       int
	size       int
	budget     time.Duration
}

// jobs lists the values of -do.
var jobs = []string{
	"train", "export", "predict", "memory", "layers", "conv", "growth", "product", "peak", "mnist",
}

// runJob runs a job and writes its measurements as JSON lines.
func runJob(ctx context.Context, args []string, out io.Writer) error {
	var j job
	flags := flag.NewFlagSet("bench job", flag.ContinueOnError)
	flags.StringVar(&j.do, "do", "", "one of "+strings.Join(jobs, ", "))
	flags.StringVar(&j.network, "network", "seed", "name of the network to train or predict")
	flags.StringVar(&j.kernels, "kernels", "", "kernel set (default: the machine's fastest)")
	flags.StringVar(&j.experiment, "experiment", "",
		"experiment file whose default network to train, in place of -network")
	flags.StringVar(&j.dir, "dir", "", "folder for MNIST's files, or of the experiment's data")
	flags.StringVar(&j.to, "to", "", "folder for the experiment's tables")
	flags.StringVar(&j.shape, "shape", convolutions[0].String(), "channels and size of a convolution")
	flags.StringVar(&j.of, "of", growths[0].name, "what grows")
	flags.IntVar(&j.workers, "workers", 1, "workers")
	flags.IntVar(&j.epochs, "epochs", 20, "epochs to train")
	flags.IntVar(&j.rows, "rows", 1, "rows of a prediction")
	flags.IntVar(&j.size, "size", 512, "rows, columns and inner axis of a product")
	flags.DurationVar(&j.budget, "budget", time.Second, "how long to repeat a measurement")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if j.kernels != "" {
		set, err := kernel.Named(j.kernels)
		if err != nil {
			return err
		}
		kernel.Use(set)
	}
	switch j.do {
	case "train":
		if j.experiment != "" {
			return j.trainTable(ctx, out)
		}
		return j.train(ctx, out)
	case "export":
		b, err := readTable(ctx, j.experiment, j.dir, 1, experiment.Options{})
		if err != nil {
			return err
		}
		return export(b, j.to)
	case "predict":
		return j.predict(out)
	case "memory":
		return j.memory(out)
	case "layers":
		return j.layers(out)
	case "conv":
		return j.convolution(out)
	case "growth":
		return j.growth(ctx, out)
	case "product":
		gflops := product(j.size, j.workers, j.budget)
		return json.NewEncoder(out).Encode(readings{"gflops": gflops})
	case "peak":
		_, err := fmt.Fprintf(out, "[cal 1t %.0f 2t %.0f GF/s]\n", inCache(1), inCache(2))
		return err
	case "mnist":
		return writeMNIST(ctx, j.dir)
	}
	return suggest.Unknown("job", j.do, jobs)
}

// train prints one line for each epoch, like the peers.
func (j job) train(ctx context.Context, out io.Writer) error {
	n, err := networkNamed(j.network)
	if err != nil {
		return err
	}
	table, err := n.table(ctx)
	if err != nil {
		return err
	}
	model, err := n.graph().Build(1)
	if err != nil {
		return err
	}
	plan := n.plan()
	plan.Epochs, plan.Workers = j.epochs, j.workers
	plan.Callbacks = []train.Callback{train.JSONLog(out)}
	_, err = train.Fit(ctx, model, table, plan)
	return err
}

// model builds the job's network.
func (j job) model() (*braid.Model, error) {
	n, err := networkNamed(j.network)
	if err != nil {
		return nil, err
	}
	return n.graph().Build(1)
}
