// Builds networks, predicts and trains them in TensorFlow.js.
//
//   node train.js networks.json answers.json
//
// tfjs_test.go describes both files: its types network and answer are what they hold as JSON.
'use strict';
const fs = require('fs');
const tf = require('@tensorflow/tfjs');

function array({dtype, shape, values}) {
  return tf.tensor(values, shape, dtype);
}

function numbers(tensor) {
  return {shape: tensor.shape, values: Array.from(tensor.dataSync())};
}

// layer makes a layer. A wrapper's configuration holds the layer inside.
function layer({make, config}, name) {
  const settings = {...config};
  if (name) settings.name = name;
  if (settings.layer) settings.layer = layer(settings.layer);
  return tf.layers[make](settings);
}

function build(network) {
  const nodes = {};
  const inputs = network.inputs.map(({name, dtype, shape}) =>
    nodes[name] = tf.input({name, dtype, shape: shape.slice(1)}));
  for (const node of network.nodes) {
    const from = node.inputs.map(name => nodes[name]);
    nodes[node.name] = layer(node, node.name).apply(from.length === 1 ? from[0] : from);
  }
  return tf.model({inputs, outputs: network.heads.map(({name}) => nodes[name])});
}

function setWeights(model, network) {
  for (const {name, weights} of network.nodes) {
    model.getLayer(name).setWeights((weights || []).map(array));
  }
}

// loss returns a head's loss: its name, or a function if it has a weight. There are no loss weights
// in compile.
function loss({loss, weight}) {
  const name = loss.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  return weight ? (truth, output) => tf.mul(weight, tf.metrics[name](truth, output)) : name;
}

async function train(network, {make, arguments: settings}) {
  const model = build(network);
  setWeights(model, network);
  const x = network.inputs.map(array), y = network.heads.map(h => array(h.target));
  const predict = () => [].concat(model.predict(x, {batchSize: x[0].shape[0]})).map(numbers);
  const answer = {before: predict(), losses: []};
  const optimizer = tf.train[make](...settings);
  model.compile({optimizer, loss: network.heads.map(loss)});
  for (let step = 1; step <= network.steps; step++) {
    if (make === 'adam') {
      // TensorFlow.js adds epsilon to the corrected root of v, Keras to the root before.
      const [, , beta2, epsilon] = settings;
      optimizer.epsilon = epsilon / Math.sqrt(1 - beta2 ** step);
    }
    answer.losses.push([].concat(await model.trainOnBatch(x, y)));
  }
  answer.after = predict();
  answer.weights = network.nodes.map(({name}) => model.getLayer(name).getWeights().map(numbers));
  return answer;
}

async function main([from, to]) {
  await tf.setBackend('cpu');
  const answers = [];
  for (const network of JSON.parse(fs.readFileSync(from))) {
    const began = Date.now(), trainings = [];
    for (const optimizer of network.optimizers) {
      trainings.push(await train(network, optimizer));
    }
    answers.push({trainings, seconds: (Date.now() - began) / 1000});
  }
  fs.writeFileSync(to, JSON.stringify(answers));
}

main(process.argv.slice(2)).catch(error => {
  console.error(error);
  process.exit(1);
});
