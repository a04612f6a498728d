package main

import (
	"fmt"
	"strconv"
)

// Names of contenders.
const (
	braid1     = "Braid, 1 worker"
	braid2     = "Braid, 2 workers"
	braidAVX2  = "Braid, AVX2, 1 worker"
	braidTrain = "braid train"
	torchTuned = "PyTorch, tuned"
	torchEager = "PyTorch, eager"
	torchBook  = "PyTorch, as in the book"
	torch1     = "PyTorch, 1 thread"
	torch2     = "PyTorch, 2 threads"
	torchOwn2  = "PyTorch, 2 threads but for products"
	torchBLAS2 = "PyTorch, 2 threads for products"
	limit1     = "limit, 1 thread"
	limit2     = "limit, 2 threads"
	limitAVX2  = "limit, AVX2, 1 thread"
	onnx1      = "ONNX Runtime, 1 thread"
	onnx2      = "ONNX Runtime, 2 threads"
	onnx2Parts = "ONNX Runtime, 2 threads, 100 rows a call"
)

// contests returns all contests.
func contests() []contest {
	list := []contest{
		{"seed", []contender{
			braidTrains(braid1, "seed", 1, ""),
			limitProgram(limit1, 1, "avx512"),
			braidTrains(braid2, "seed", 2, ""),
			limitProgram(limit2, 2, "avx512"),
			braidTrains(braidAVX2, "seed", 1, "avx2"),
			limitProgram(limitAVX2, 1, "avx2"),
			pytorchSeed(torchTuned, "tuned", false),
			pytorchSeed(torchEager, "eager", false),
			pytorchSeed(torchBook, "book", false),
		}},
		{"command", []contender{
			{braidTrain, braidCommand},
			pytorchSeed(torchTuned, "tuned", true),
		}},
		trainings("wide"), trainings("text"), trainings("gru"), trainings("transformer"),
		trainings("record"), trainings("resnet"),
		tableContest("movies"), tableContest("food"),
		products(512), products(1024),
	}
	for _, c := range convolutions {
		list = append(list, c.contest())
	}
	list = append(list, layerContest(),
		predictions("seed", 1), predictions("seed", 64), predictions("seed", 10_000),
		predictions("record", 1), predictions("record", 10_000),
		contest{"memory", []contender{
			braidJob(braid1, one("predictor_bytes"), "-do", "memory", "-network", "resnet",
				"-rows", "64"),
		}},
	)
	for _, g := range growths {
		list = append(list, contest{"growth of " + g.name, []contender{
			braidJob(braid1, one("exponent"), "-do", "growth", "-of", g.name),
		}})
	}
	return list
}

// one returns a list of one name.
func one(name string) []string { return []string{name} }

// trainings returns the contest of training a network with Braid and, by a script, with PyTorch.
func trainings(network string) contest {
	return contest{network, []contender{
		braidTrains(braid1, network, 1, ""),
		braidTrains(braid2, network, 2, ""),
		pytorchTrains(torch1, network+".py", threads{1, 1}),
		pytorchTrains(torch2, network+".py", threads{2, 2}),
		pytorchTrains(torchOwn2, network+".py", threads{2, 1}),
		pytorchTrains(torchBLAS2, network+".py", threads{1, 2}),
	}}
}

// products returns a contest of Braid alone. Its result is compared with the machine's peak.
func products(size int) contest {
	n, fields := strconv.Itoa(size), one("gflops")
	return contest{"product " + n, []contender{
		braidJob(braid1, fields, "-do", "product", "-size", n, "-workers", "1"),
		braidJob(braid2, fields, "-do", "product", "-size", n, "-workers", "2"),
	}}
}

// predictions returns the contest of predicting a batch of rows with a network.
func predictions(network string, rows int) contest {
	n, fields := strconv.Itoa(rows), one("predict_s")
	c := contest{name: predictionName(network, rows)}
	if rows < 1000 {
		c.contenders = []contender{
			braidJob(braid1, fields, "-do", "predict", "-network", network, "-rows", n, "-workers", "1"),
			onnxPredicts(onnx1, network, rows, rows, 1),
		}
	} else {
		c.contenders = []contender{
			braidJob(braid2, fields, "-do", "predict", "-network", network, "-rows", n, "-workers", "2"),
			onnxPredicts(onnx2, network, rows, rows, 2),
			onnxPredicts(onnx2Parts, network, rows, onnxPart, 2),
		}
	}
	return c
}

func predictionName(network string, rows int) string {
	return fmt.Sprintf("predict %d rows of %s", rows, network)
}
