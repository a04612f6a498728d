// Loads the network, and asks it whenever the drawing or the question changes.
import { Pad } from './pad.js';

const $ = (id) => document.getElementById(id);
const say = (text) => { $('status').textContent = text; };

// parse returns what the module returned, or throws its error.
function parse(text) {
  const result = JSON.parse(text);
  if (result.error) throw new Error(result.error);
  return result;
}

async function load(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.arrayBuffer();
}

async function start() {
  const go = new Go();
  const ready = new Promise((resolve) => { globalThis.braidReady = resolve; });
  const [code, model] = await Promise.all([load('braid.wasm'), load('model.safetensors')]);
  const { instance } = await WebAssembly.instantiate(code, go.importObject);
  go.run(instance);
  await ready;
  const columns = parse(braidOpen(new Uint8Array(model)));
  for (const text of columns.question.Values) {
    $('question').append(new Option(text));
  }
  say('');
}

function answer(pad) {
  $('answers').replaceChildren();
  if (pad.blank) return;
  const png = Uint8Array.from(atob(pad.image()), (c) => c.charCodeAt(0));
  try {
    const { heads } = parse(braidAsk(png, $('question').value));
    for (const [name, { Text, Probability }] of Object.entries(heads)) {
      const head = document.createElement('dt'), said = document.createElement('dd');
      head.textContent = name;
      said.textContent = `${Text} (${Math.round(100 * Probability)} %)`;
      $('answers').append(head, said);
    }
    say('');
  } catch (error) {
    say(error.message);
  }
}

start().then(() => {
  const pad = new Pad($('pad'), { changed: () => answer(pad), announce: say });
  $('clear').addEventListener('click', () => pad.clear());
  $('question').addEventListener('change', () => answer(pad));
  document.body.dataset.ready = 'yes';
}, (error) => say(error.message));
