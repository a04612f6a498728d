package braid_test

// counterpart is what resembles a member elsewhere.
type counterpart struct {
	keras   string // in Keras 3
	other   string // in PyTorch; for a metric in scikit-learn
	differs string // from Keras, if nothing else is named: defaults, names, missing options
}

const (
	noRecurrentOptions = "dropout, recurrent_dropout, return_state, stateful and unroll are missing. "
	sameAxes           = "The inputs have the same number of axes; Keras adds axes of length 1. "
	poolSize           = "pool_size has no default in Keras. PyTorch counts padding in the mean, " +
		"unless count_include_pad=False. "
	epsilons = "PyTorch's eps is 1e-5."
)

// counterparts has an entry for each member of the tables in the packages' kinds.go.
var counterparts = map[string]counterpart{
	"layer.Activation": {"keras.layers.Activation", "torch.nn.ReLU, torch.nn.Sigmoid and others",
		"gelu_tanh is Keras' gelu with approximate=True. Slope is an argument of " +
			"keras.layers.LeakyReLU, with the default 0.3; 0.2 is that of the function leaky_relu. " +
			"PyTorch's LeakyReLU has 0.01."},
	"layer.Add":     {"keras.layers.Add", "torch.add", sameAxes},
	"layer.Average": {"keras.layers.Average", "torch.mean of torch.stack", sameAxes},
	"layer.AveragePooling1D": {"keras.layers.AveragePooling1D", "torch.nn.AvgPool1d",
		poolSize},
	"layer.AveragePooling2D": {"keras.layers.AveragePooling2D", "torch.nn.AvgPool2d",
		poolSize},
	"layer.AxisSoftmax": {"keras.layers.Softmax", "torch.nn.Softmax",
		"One axis; Keras takes several. The mask may have fewer axes than the input."},
	"layer.BagEmbedding": {"", "torch.nn.EmbeddingBag",
		"From PyTorch: a row of the batch is a bag, and a mask takes the place of offsets and of " +
			"padding_idx. The modes are mean, the default in both, and max; sum, " +
			"per_sample_weights and max_norm are missing. Vectors start uniform as those of " +
			"Embedding; PyTorch's start normal."},
	"layer.BatchNormalization": {"keras.layers.BatchNormalization",
		"torch.nn.BatchNorm1d, torch.nn.BatchNorm2d",
		"The axis is always the last; synchronized is missing. PyTorch's momentum is 1 - Momentum, " +
			"0.1 by default, its eps 1e-5, and its moving variance unbiased."},
	"layer.Bidirectional": {"keras.layers.Bidirectional", "torch.nn.LSTM(bidirectional=True)",
		"merge_mode is Merge; None, which returns both outputs, is missing. The layer is one of " +
			"three, not any. PyTorch only concatenates."},
	"layer.Concatenate": {"keras.layers.Concatenate", "torch.cat",
		"Axis 0, the batch in Keras, means the last."},
	"layer.Conv1D": {"keras.layers.Conv1D", "torch.nn.Conv1d",
		"PyTorch has no causal padding."},
	"layer.Conv2D": {"keras.layers.Conv2D", "torch.nn.Conv2d", ""},
	"layer.Cropping2D": {"keras.layers.Cropping2D", "torchvision.transforms.functional.crop",
		"Cropping always has all four numbers; Keras also takes one or two. torchvision's crop takes " +
			"the size that is left."},
	"layer.Dense": {"keras.layers.Dense", "torch.nn.Linear", ""},
	"layer.DepthwiseConv2D": {"keras.layers.DepthwiseConv2D",
		"torch.nn.Conv2d with a group for each channel", ""},
	"layer.Dropout": {"keras.layers.Dropout", "torch.nn.Dropout",
		"noise_shape is missing. PyTorch's p is 0.5 by default."},
	"layer.Embedding": {"keras.layers.Embedding", "torch.nn.Embedding",
		"input_dim is Vocabulary, output_dim is Width. mask_zero is missing: NotZero computes " +
			"the mask. PyTorch's vectors start normal with deviation 1."},
	"layer.Flatten": {"keras.layers.Flatten", "torch.nn.Flatten", ""},
	"layer.GRU": {"keras.layers.GRU", "torch.nn.GRU",
		"reset_after=False is ResetBefore. " + noRecurrentOptions + "PyTorch's gates are in the " +
			"order r, z, n."},
	"layer.GaussianNoise": {"keras.layers.GaussianNoise", "", ""},
	"layer.GlobalAveragePooling1D": {"keras.layers.GlobalAveragePooling1D",
		"torch.nn.AdaptiveAvgPool1d(1)", ""},
	"layer.GlobalAveragePooling2D": {"keras.layers.GlobalAveragePooling2D",
		"torch.nn.AdaptiveAvgPool2d(1)", ""},
	"layer.GlobalMaxPooling1D": {"keras.layers.GlobalMaxPooling1D",
		"torch.nn.AdaptiveMaxPool1d(1)", ""},
	"layer.GlobalMaxPooling2D": {"keras.layers.GlobalMaxPooling2D",
		"torch.nn.AdaptiveMaxPool2d(1)", ""},
	"layer.LSTM": {"keras.layers.LSTM", "torch.nn.LSTM",
		"unit_forget_bias=False is a Bias with Init Constant. " + noRecurrentOptions +
			"PyTorch has two biases, of the input and of the state, and starts those of the forget gate " +
			"like the others."},
	"layer.LayerNormalization": {"keras.layers.LayerNormalization", "torch.nn.LayerNorm",
		"axis is Axes. " + epsilons},
	"layer.MaxPooling1D": {"keras.layers.MaxPooling1D", "torch.nn.MaxPool1d", ""},
	"layer.MaxPooling2D": {"keras.layers.MaxPooling2D", "torch.nn.MaxPool2d", ""},
	"layer.Maximum":      {"keras.layers.Maximum", "torch.maximum", sameAxes},
	"layer.Minimum":      {"keras.layers.Minimum", "torch.minimum", sameAxes},
	"layer.ModalityDropout": {"", "",
		"Keras' Dropout with noise_shape (batch, 1) drops rows too, but scales the others."},
	"layer.MultiHeadAttention": {"keras.layers.MultiHeadAttention", "torch.nn.MultiheadAttention",
		"num_heads is Heads, key_dim is KeyWidth, value_dim is ValueWidth, and use_causal_mask, an " +
			"argument of the call, is Causal. The other mask is one of keys: attention_mask, with a " +
			"number for each query and key, is missing. So are dropout, output_shape, attention_axes and " +
			"return_attention_scores. PyTorch's key_dim is the width of the query divided by the heads."},
	"layer.Multiply": {"keras.layers.Multiply", "torch.mul", sameAxes},
	"layer.NotZero": {"keras.layers.Embedding(mask_zero=True)", "torch.ne",
		"The mask is an output, which other layers take as an input."},
	"layer.Permute": {"keras.layers.Permute", "torch.permute", ""},
	"layer.PositionEmbedding": {"keras_hub.layers.PositionEmbedding", "",
		"sequence_length is Steps and may be left out. Fewer Steps than the input has are an error. " +
			"The call's start_index is missing."},
	"layer.Reshape": {"keras.layers.Reshape", "torch.reshape", "target_shape is Shape."},
	"layer.SimpleRNN": {"keras.layers.SimpleRNN", "torch.nn.RNN",
		noRecurrentOptions},
	"layer.SpatialDropout1D": {"keras.layers.SpatialDropout1D", "torch.nn.Dropout1d", ""},
	"layer.SpatialDropout2D": {"keras.layers.SpatialDropout2D", "torch.nn.Dropout2d", ""},
	"layer.Subtract":         {"keras.layers.Subtract", "torch.sub", sameAxes},
	"layer.Sum": {"keras.ops.sum", "torch.sum",
		"One axis, the last by default; Keras sums all axes by default. The batch cannot be summed."},
	"layer.TransformerEncoder": {"keras_hub.layers.TransformerEncoder(normalize_first=True)",
		"torch.nn.TransformerEncoderLayer(norm_first=True)",
		"intermediate_dim is Units, num_heads is Heads, dropout is Rate, layer_norm_epsilon is " +
			"Epsilon. Normalization after the branches, the default of normalize_first, is missing. So " +
			"are dropout of the attention's weights and attention_mask; Causal is added. PyTorch's " +
			"dropout is 0.1 by default."},
	"layer.UpSampling2D": {"keras.layers.UpSampling2D", "torch.nn.Upsample",
		"interpolation is always nearest."},
	"layer.ZeroPadding2D": {"keras.layers.ZeroPadding2D", "torch.nn.ZeroPad2d",
		"Padding always has all four numbers; Keras also takes one or two."},

	"loss.BinaryCrossentropy": {"keras.losses.BinaryCrossentropy",
		"torch.nn.BCEWithLogitsLoss, torch.nn.BCELoss",
		"PositiveWeight is PyTorch's pos_weight, which Keras lacks."},
	"loss.BinaryFocalCrossentropy": {"keras.losses.BinaryFocalCrossentropy",
		"torchvision.ops.sigmoid_focal_loss",
		"An Alpha takes the place of apply_class_balancing=True with alpha. torchvision's alpha " +
			"is 0.25 by default."},
	"loss.CategoricalCrossentropy": {"keras.losses.CategoricalCrossentropy",
		"torch.nn.CrossEntropyLoss", ""},
	"loss.CategoricalFocalCrossentropy": {"keras.losses.CategoricalFocalCrossentropy", "", ""},
	"loss.CosineSimilarity": {"keras.losses.CosineSimilarity", "torch.nn.CosineSimilarity",
		"PyTorch's has no minus, and its eps is 1e-8."},
	"loss.Hinge": {"keras.losses.Hinge", "", "Targets of both 0 and -1 are an error."},
	"loss.Huber": {"keras.losses.Huber", "torch.nn.HuberLoss", ""},
	"loss.KLDivergence": {"keras.losses.KLDivergence", "torch.nn.KLDivLoss",
		"PyTorch's takes the logarithm of the output, and averages over its numbers."},
	"loss.LogCosh":                     {"keras.losses.LogCosh", "", ""},
	"loss.MeanAbsoluteError":           {"keras.losses.MeanAbsoluteError", "torch.nn.L1Loss", ""},
	"loss.MeanAbsolutePercentageError": {"keras.losses.MeanAbsolutePercentageError", "", ""},
	"loss.MeanSquaredError":            {"keras.losses.MeanSquaredError", "torch.nn.MSELoss", ""},
	"loss.MeanSquaredLogarithmicError": {"keras.losses.MeanSquaredLogarithmicError", "", ""},
	"loss.Poisson": {"keras.losses.Poisson", "torch.nn.PoissonNLLLoss(log_input=False)",
		"An output below 0 counts as 0 in the logarithm. PyTorch's eps is 1e-8."},
	"loss.SparseCategoricalCrossentropy": {"keras.losses.SparseCategoricalCrossentropy",
		"torch.nn.CrossEntropyLoss",
		"ignore_class, PyTorch's ignore_index, is the label data.NoLabel. ClassWeights is " +
			"class_weight, an argument of Keras' fit. PyTorch's weight divides by the sum of the weights. " +
			"Smoothing is PyTorch's label_smoothing."},
	"loss.SquaredHinge": {"keras.losses.SquaredHinge", "", "As Hinge."},

	"metric.AUROC": {"keras.metrics.AUC", "sklearn.metrics.roc_auc_score",
		"Exact; Keras approximates the curve by 200 thresholds. Several classes: the mean over the " +
			"classes, each against the rest; Keras takes all numbers as one class, unless " +
			"multi_label=True."},
	"metric.Accuracy": {"keras.metrics.BinaryAccuracy, keras.metrics.CategoricalAccuracy, " +
		"keras.metrics.SparseCategoricalAccuracy", "sklearn.metrics.accuracy_score",
		"Head and target choose between the three, as with the name accuracy in Keras' compile."},
	"metric.AveragePrecision": {`keras.metrics.AUC(curve="PR")`,
		"sklearn.metrics.average_precision_score",
		"Exact, and in steps; Keras interpolates between 200 thresholds."},
	"metric.Brier":                    {"", "sklearn.metrics.brier_score_loss", ""},
	"metric.CohenKappa":               {"", "sklearn.metrics.cohen_kappa_score", ""},
	"metric.ConfusionMatrix":          {"", "sklearn.metrics.confusion_matrix", ""},
	"metric.ExpectedCalibrationError": {"", "", ""},
	"metric.F1": {"keras.metrics.F1Score", "sklearn.metrics.f1_score",
		"average=None, Keras' default, which gives a figure for each class, is missing. Binary, the " +
			"default here, is scikit-learn's. Targets may be labels; Keras wants a number for each class."},
	"metric.LogLoss": {"keras.metrics.BinaryCrossentropy, keras.metrics.CategoricalCrossentropy, " +
		"keras.metrics.SparseCategoricalCrossentropy", "sklearn.metrics.log_loss",
		"from_logits and label_smoothing are missing: the figure is that of the probabilities."},
	"metric.Matthews": {"", "sklearn.metrics.matthews_corrcoef", ""},
	"metric.MeanAbsoluteError": {"keras.metrics.MeanAbsoluteError",
		"sklearn.metrics.mean_absolute_error", ""},
	"metric.MeanAbsolutePercentageError": {"keras.metrics.MeanAbsolutePercentageError",
		"sklearn.metrics.mean_absolute_percentage_error", "scikit-learn's is not multiplied by 100."},
	"metric.Precision": {"keras.metrics.Precision", "sklearn.metrics.precision_score",
		"Average is scikit-learn's; Keras has none. thresholds is Threshold, one number. top_k and " +
			"class_id are missing."},
	"metric.R2": {"keras.metrics.R2Score", "sklearn.metrics.r2_score",
		"class_aggregation is always uniform_average, over the last axis; num_regressors is missing."},
	"metric.Recall": {"keras.metrics.Recall", "sklearn.metrics.recall_score",
		"As Precision."},
	"metric.RootMeanSquaredError": {"keras.metrics.RootMeanSquaredError",
		"sklearn.metrics.root_mean_squared_error",
		"Of several outputs, scikit-learn's is the mean of the roots."},
	"metric.TopKAccuracy": {"keras.metrics.TopKCategoricalAccuracy, " +
		"keras.metrics.SparseTopKCategoricalAccuracy", "sklearn.metrics.top_k_accuracy_score",
		"Of equal probabilities the lower class comes first. scikit-learn's k is 2 by default."},

	"optim.Adadelta": {"keras.optimizers.Adadelta", "torch.optim.Adadelta",
		"PyTorch's lr is 1, its rho 0.9 and its eps 1e-6."},
	"optim.Adagrad": {"keras.optimizers.Adagrad", "torch.optim.Adagrad",
		"initial_accumulator_value is Initial, 0 in PyTorch. PyTorch's lr is 0.01, and its eps, which " +
			"is outside the root, 1e-10."},
	"optim.Adam": {"keras.optimizers.Adam", "torch.optim.Adam",
		"PyTorch adds eps after the second bias correction, and its default is 1e-8."},
	"optim.AdamW": {"keras.optimizers.AdamW", "torch.optim.AdamW",
		"PyTorch adds eps as in Adam, and its weight_decay is 0.01."},
	"optim.Adamax": {"keras.optimizers.Adamax", "torch.optim.Adamax",
		"PyTorch's lr is 0.002 and its eps 1e-8."},
	"optim.Lion": {"keras.optimizers.Lion", "", ""},
	"optim.Nadam": {"keras.optimizers.Nadam", "torch.optim.NAdam",
		"PyTorch's lr is 0.002 and its eps 1e-8."},
	"optim.RMSprop": {"keras.optimizers.RMSprop", "torch.optim.RMSprop",
		"Rho is alpha in PyTorch, 0.99 by default. PyTorch's lr is 0.01, and its eps, which is outside " +
			"the root, 1e-8."},
	"optim.SGD": {"keras.optimizers.SGD", "torch.optim.SGD",
		"PyTorch multiplies the momentum by the rate, and not the gradient before it is added: the two " +
			"differ when the rate changes."},

	"optim.CosineDecay": {"keras.optimizers.schedules.CosineDecay",
		"torch.optim.lr_scheduler.CosineAnnealingLR", ""},
	"optim.CosineDecayRestarts": {"keras.optimizers.schedules.CosineDecayRestarts",
		"torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
		"PyTorch's T_mult is 1 by default, and it has no MMul."},
	"optim.ExponentialDecay": {"keras.optimizers.schedules.ExponentialDecay",
		"torch.optim.lr_scheduler.ExponentialLR", "PyTorch's gamma is the factor of one step."},
	"optim.InverseTimeDecay": {"keras.optimizers.schedules.InverseTimeDecay", "", ""},
	"optim.OneCycle": {"", "torch.optim.lr_scheduler.OneCycleLR",
		"From PyTorch: max_lr is MaxRate, anneal_strategy=linear is Linear. three_phase is missing. " +
			"The momentum does not change."},
	"optim.PiecewiseConstant": {"keras.optimizers.schedules.PiecewiseConstantDecay",
		"torch.optim.lr_scheduler.MultiStepLR", "PyTorch has one factor gamma for all boundaries."},
	"optim.PiecewiseLinear": {"", "torch.optim.lr_scheduler.LambdaLR",
		"From NumPy: Steps is xp, Rates is fp of numpy.interp, which a function for LambdaLR may call."},
	"optim.PolynomialDecay": {"keras.optimizers.schedules.PolynomialDecay",
		"torch.optim.lr_scheduler.PolynomialLR",
		"end_learning_rate is EndRate. PyTorch's ends at 0 and has no cycle."},

	"augment.Affine": {"keras.layers.RandomRotation, keras.layers.RandomZoom, " +
		"keras.layers.RandomShear, keras.layers.RandomTranslation",
		"torchvision.transforms.RandomAffine",
		"One interpolation in place of four. Angles are in degrees; the factor of RandomRotation is a " +
			"fraction of a turn. The factors f of RandomZoom, which are drawn apart, are ScaleY and " +
			"ScaleX of 1 / (1 + f). fill_mode is Border: constant by default, where RandomRotation has " +
			"reflect; reflect and wrap are missing. fill_value is Value."},
	"augment.Brightness": {"keras.layers.RandomBrightness", "torchvision.transforms.ColorJitter",
		"value_range is Values. factor is one number. torchvision multiplies pixels; this adds."},
	"augment.Contrast": {"keras.layers.RandomContrast", "torchvision.transforms.ColorJitter",
		"value_range is Values. factor is one number. torchvision takes the mean of the grey image."},
	"augment.Crop": {"", "torchvision.transforms.RandomCrop",
		"torchvision's size is always that of the image here. keras.layers.RandomCrop cuts out a " +
			"smaller image and has no padding."},
	"augment.Cutout": {"keras.layers.RandomErasing", "torchvision.transforms.RandomErasing",
		"A square of one Size; the other two cover a rectangle of random size."},
	"augment.Flip": {"keras.layers.RandomFlip",
		"torchvision.transforms.RandomHorizontalFlip, torchvision.transforms.RandomVerticalFlip", ""},

	"balance.Fixed": {"loss_weights of keras.Model.compile", "torchjd.aggregation.Sum", ""},
	"balance.IMTLG": {"", "torchjd.aggregation.IMTLG",
		"From TorchJD: coefficients whose sum is near 0 or below stay limited."},
	"balance.MGDA": {"", "torchjd.aggregation.MGDA",
		"From TorchJD: exact, where epsilon and max_iters limit its search. A gradient of 0 is left " +
			"out."},
	"balance.PCGrad": {"", "torchjd.aggregation.PCGrad",
		"From TorchJD: the order follows from the seed and the step."},
	"balance.Scaled":      {"", "", ""},
	"balance.Uncertainty": {"", "", ""},
	"balance.UPGrad": {"", "torchjd.aggregation.UPGrad",
		"From TorchJD: exact, where norm_eps and reg_eps change the matrix. pref_vector is missing. A " +
			"gradient of 0 is left out of the mean."},
}
