// predict LIBRARY MODEL ROWS PART THREADS SECONDS: how long ONNX Runtime takes for ROWS rows of a
// network that reads images of 28 x 28 pixels and questions of two words, in calls of PART rows,
// through its C API, as one JSON line. Inputs and outputs lie in memory of the caller's, so that
// nothing but the answer is measured.
//
// Packages that carry the library have no header. The C API is a table of functions whose order
// never changes; the ones used here are named with their places in it.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	GetErrorMessage = 2,
	CreateEnv = 3,
	CreateSession = 7,
	Run = 9,
	CreateSessionOptions = 10,
	SetSessionGraphOptimizationLevel = 23,
	SetIntraOpNumThreads = 24,
	SetInterOpNumThreads = 25,
	CreateTensorWithDataAsOrtValue = 49,
	CreateCpuMemoryInfo = 69,
};

enum { FLOAT = 1, INT32 = 6, WARNINGS = 2, ARENA = 1, ALL_OPTIMIZATIONS = 99 };

typedef void *Status; // NULL: it went well
typedef struct {
	void **(*api)(uint32_t version);
	const char *(*version)(void);
} Base;

static void **api;
static void *cpu; // memory's kind

static void must(Status s) {
	if (s == NULL) return;
	fprintf(stderr, "onnxruntime: %s\n", ((const char *(*)(Status))api[GetErrorMessage])(s));
	exit(1);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void *session(const char *model, int threads) {
	void *env, *options, *s;
	must(((Status(*)(int, const char *, void **))api[CreateEnv])(WARNINGS, "bench", &env));
	must(((Status(*)(void **))api[CreateSessionOptions])(&options));
	must(((Status(*)(void *, int))api[SetSessionGraphOptimizationLevel])(options, ALL_OPTIMIZATIONS));
	must(((Status(*)(void *, int))api[SetIntraOpNumThreads])(options, threads));
	must(((Status(*)(void *, int))api[SetInterOpNumThreads])(options, 1));
	must(((Status(*)(void *, const char *, void *, void **))api[CreateSession])(env, model, options, &s));
	must(((Status(*)(int, int, void **))api[CreateCpuMemoryInfo])(ARENA, 0, &cpu));
	return s;
}

// tensor makes one of a shape, of numbers of 4 bytes each.
static void *tensor(void *data, int64_t *shape, int axes, int type) {
	int64_t size = 4;
	for (int i = 0; i < axes; i++) size *= shape[i];
	void *t;
	must(((Status(*)(void *, void *, size_t, int64_t *, size_t, int, void **))api[CreateTensorWithDataAsOrtValue])(
		cpu, data, size, shape, axes, type, &t));
	return t;
}

static void *matrix(void *data, int64_t rows, int64_t width, int type) {
	return tensor(data, (int64_t[]){rows, width}, 2, type);
}

int main(int count, char **arguments) {
	if (count != 7) return fprintf(stderr, "want LIBRARY MODEL ROWS PART THREADS SECONDS\n"), 2;
	int rows = atoi(arguments[3]), part = atoi(arguments[4]), threads = atoi(arguments[5]);
	int calls = rows / part, side = 28, pixels = side * side;
	double budget = atof(arguments[6]);
	if (calls * part != rows) return fprintf(stderr, "ROWS is no multiple of PART\n"), 2;
	void *library = dlopen(arguments[1], RTLD_NOW);
	if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
	const Base *base = ((const Base *(*)(void))dlsym(library, "OrtGetApiBase"))();
	api = base->api(1);
	void *s = session(arguments[2], threads);

	float *image = malloc(4 * pixels * rows), *digit = malloc(4 * 10 * rows), *answer = malloc(4 * rows);
	int32_t *question = malloc(4 * 2 * rows);
	for (int i = 0; i < pixels * rows; i++) image[i] = (i * 31 % 256) / 255.f;
	for (int i = 0; i < 2 * rows; i++) question[i] = 1 + i % 6;
	const char *in_names[] = {"image", "question"}, *out_names[] = {"digit", "answer"};
	void *in[calls][2], *out[calls][2];
	for (int i = 0; i < calls; i++) {
		int first = i * part;
		in[i][0] = tensor(image + first * pixels, (int64_t[]){part, side, side}, 3, FLOAT);
		in[i][1] = matrix(question + first * 2, part, 2, INT32);
		out[i][0] = matrix(digit + first * 10, part, 10, FLOAT);
		out[i][1] = matrix(answer + first, part, 1, FLOAT);
	}
	Status (*run)(void *, void *, const char **, void **, size_t, const char **, size_t, void **) = api[Run];

	int most = 4 << 20, n = 0;
	double *times = malloc(sizeof(double) * most), began = now();
	for (double last = began; n < most && last < began + budget; n++) {
		for (int i = 0; i < calls; i++) must(run(s, NULL, in_names, in[i], 2, out_names, 2, out[i]));
		double t = now();
		times[n] = t - last;
		last = t;
	}
	float sum = 0; // of the last row's probabilities
	for (int i = 10 * (rows - 1); i < 10 * rows; i++) sum += digit[i];
	if (!(sum > 0.999f && sum < 1.001f)) return fprintf(stderr, "probabilities add up to %f\n", sum), 1;
	qsort(times, n, sizeof *times, ascending);
	printf("{\"version\": \"%s\", \"calls\": %d, \"predict_s\": %.9f}\n", base->version(), n, times[n / 2]);
	return 0;
}
