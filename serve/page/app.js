// The page of braid serve: a drawing and a question in, the answers of all heads out.

import { call, patiently, token } from './api.js';
import { Asker } from './asker.js';
import { Curl, pixels } from './curl.js';
import { capitalized, element, find, percent, setText } from './dom.js';
import { HeadView, spoken } from './heads.js';
import { Pad } from './pad.js';
import { Photos } from './photo.js';
import { Question } from './question.js';
import { Samples } from './samples.js';
import { Strands } from './strands.js';

const QUIET = 600;    // ms without a change before the answer is read out
const LOADING = 2;    // seconds between looks at a model that is still loading

const main = find('main');
const saw = find('#saw');

let models = [];
let model = null;     // the one that is asked
let views = [];       // of its heads
const met = new Set(); // versions seen, so that a change of version is noticed once
let heard = '';       // the answer on show, as a sentence
let quiet = 0;

const pad = new Pad(find('#pad'), { changed: drawn, say });
const question = new Question({ changed: questioned, typing });
const samples = new Samples((sample) => pad.show({ sample }));
new Photos({
  wanted: () => Boolean(image()),
  photo: (photo) => pad.show({ photo }),
  problem: ({ message }) => tell([message], 'problem'),
});
const strands = new Strands(find('#strands'), () => image() && text() && {
  eye: saw, question: question.origin, heads: views.map(({ port }) => port),
});
const asker = new Asker({ request, answered, refused, nothing, busy, before: waiting, allowed });

// The command has the pixels that the net saw, so that it gives the answer on show.
const curl = new Curl(() => ({
  path: path(),
  fields: fields(pixels(saw), text() ? question.text : ''),
  token: Boolean(token.value),
}));

const image = () => model?.inputs.find((input) => input.image);
const text = () => model?.inputs.find((input) => input.text);
const imageless = () => model !== null && !image();

// What people do.

function drawn(fresh) {
  main.dataset.blank = pad.blank;
  find('#undo').setAttribute('aria-disabled', !pad.canUndo);
  find('#clear').setAttribute('aria-disabled', pad.blank);
  find('.pad-hint span').textContent = pad.penIsDown ? 'up' : 'down';
  samples.mark(pad.sample);
  lag(() => true);
  if (fresh) asker.changed();
  else asker.grown();
}

function typing() {
  lag(({ asked }) => asked);
  busy(true);
}

function questioned() {
  lag(({ asked }) => asked);
  strands.draw();
  asker.changed();
}

find('#undo').addEventListener('click', () => pad.undo());
find('#clear').addEventListener('click', () => pad.clear());
find('#model').addEventListener('change', (event) => choose(event.target.value));

addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input:not([type=radio]), select, textarea');
  if (typing || imageless() || event.altKey || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== 'z' || event.shiftKey) return;
    pad.undo();
  } else if (event.key === 'Escape' || event.key === 'Delete' || event.key === 'Backspace') {
    pad.clear();
  } else if (/^[1-9]$/.test(event.key)) {
    question.choose(Number(event.key));
  } else if (event.target === document.body && /^Arrow(Left|Right)$/.test(event.key)) {
    samples.leaf(event.key === 'ArrowLeft' ? -1 : 1);
  } else {
    return;
  }
  event.preventDefault();
});

// Asking.

// request is what to ask now, or null while the board is blank or no question is put. Where the
// model does not take the question, another one is asked instead.
function request() {
  const words = text() ? question.taken : '';
  if (!image() || pad.blank || (text() && !words)) return null;
  return {
    path: path(),
    question: words,
    instead: Boolean(text()) && words !== question.text,
    drawing: pad.drawing,
    body: () => fields(pad.image(), words),
  };
}

const path = () => `ask?model=${encodeURIComponent(model.name)}`;
const fields = (picture, words) => ({
  [image().name]: picture,
  ...(text() && { [text().name]: words }),
});

function busy(is) {
  main.dataset.busy = is;
  clearTimeout(quiet);
  if (!is) quiet = setTimeout(() => say(heard), QUIET);
}

// lag dims the answers that a change makes old.
function lag(concerns) {
  for (const view of views) if (concerns(view) && view.state === 'answered') view.state = 'waiting';
}

function answered(answer, { question: asked, instead, drawing }) {
  const heads = answer.heads.filter(({ name }) => !instead || !view(name)?.asked);
  for (const head of heads) view(head.name)?.show(head, asked);
  for (const each of views) if (instead && each.asked) each.empty('error');
  if (answer.saw) {
    saw.src = `data:image/png;base64,${answer.saw}`;
    saw.alt = 'the image as the net sees it, scaled down';
  }
  seen(Boolean(answer.saw));
  const contradictions = instead ? [] : answer.contradictions ?? [];
  contradict(contradictions);
  tell((answer.notes ?? []).map(capitalized), 'note');
  if (text() && !question.settle(asked, drawing)) asker.grown();
  heard = spoken({ heads, contradictions }, (name) => view(name)?.asked && asked);
  main.dataset.answered = Number(main.dataset.answered) + 1;
  if (!met.has(answer.version)) reload(answer.version);
}

// refused shows what is wrong with a request. That may be the question or the image: it is the
// question if another one is answered.
function refused(problem, asked) {
  const wrong = problem.status >= 400 && problem.status < 500 && asked && text() && !asked.instead;
  if (wrong && question.refuse(asked.question, problem, asked.drawing)) return asker.grown();
  question.forgive();
  empty('error');
  tell([sentence(problem.message)], 'problem');
}

// sentence leaves out the name of the image's field: there is one image on the page.
function sentence(message) {
  const text = message.replace(`"${image()?.name}": `, '');
  return capitalized(text).replace(/[^.]$/, '$&.');
}

function nothing() {
  empty('empty');
}

function waiting(problem, seconds) {
  const when = seconds < 1.5 ? 'a second' : `${Math.ceil(seconds)} seconds`;
  tell([`${problem.message.replace(/[.\s]*$/, '.')} Trying again in ${when}.`], 'problem');
  for (const each of views) each.state = 'waiting';
}

// allowed shows the field for the token and returns when one is given.
function allowed(problem) {
  const form = find('#token-form');
  setText(find('#token-problem'), token.value ? problem.message : '');
  form.hidden = false;
  find('#token').select();
  return new Promise((given) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      token.value = find('#token').value.trim();
      form.hidden = true;
      find('#pad').focus();
      given();
    };
  });
}

// Showing.

const view = (name) => views.find((each) => each.name === name);

function empty(state) {
  for (const each of views) each.empty(state);
  seen(false);
  saw.alt = '';
  contradict([]);
  tell([]);
  heard = '';
}

function seen(something) {
  find('.seen').dataset.empty = !something;
  curl.enabled = something;
}

function contradict(sentences) {
  const place = find('#contradiction');
  setText(place, sentences.join('\n'));
  main.dataset.contradiction = sentences.length > 0;
}

function tell(sentences, kind) {
  const place = find('#message');
  const now = sentences.join('\n');
  if (place.dataset.kind === kind && place.dataset.said === now) return;
  Object.assign(place.dataset, { kind, said: now });
  place.replaceChildren(...sentences.map((sentence) => element('p', {}, sentence)));
  place.hidden = sentences.length === 0;
}

function say(sentence) {
  if (sentence) find('#spoken').textContent = sentence;
}

// scored is how the model did on the test set, in words: its heads' accuracies.
function scored({ heads, scores }) {
  const right = heads.flatMap(({ name }) => {
    const score = scores?.find((each) => each.name === `val_${name}_accuracy`);
    return Number.isFinite(score?.value) ? [`${name} ${percent(score.value)} right`] : [];
  });
  return right.length ? `On the test set: ${right.join(', ')}.` : '';
}

// invitation says what to draw: a digit where a head knows the ten, or what the input is called.
function invitation({ heads }) {
  const digits = heads.some(({ labels }) => labels.join() === '0,1,2,3,4,5,6,7,8,9');
  return `Draw ${digits ? 'a digit' : `the ${image().name}`} here`;
}

const named = (list) => list.map(({ name }) => name).join(', ');

// The models.

async function load() {
  for (;;) {
    ({ models } = await patiently(() => call('models'), { before: waiting, allowed }));
    if (models.some(({ ready }) => ready)) return tell([]);
    tell([models.length ? 'The model is still loading.' : 'This server has no model.'], 'note');
    await new Promise((resolve) => setTimeout(resolve, LOADING * 1000));
  }
}

// choose asks the named model from now on, or the first one that is ready.
function choose(name) {
  model = models.find((each) => each.name === name && each.ready) ?? models.find(({ ready }) => ready);
  find('#model').replaceChildren(...models.map(({ name: each, ready }) => {
    const option = element('option', { value: each }, ready ? each : `${each} (not ready)`);
    option.disabled = !ready;
    option.selected = each === model.name;
    return option;
  }));
  find('#model-choice').hidden = models.length < 2;
  met.add(model.version);
  main.dataset.ready = true;
  main.dataset.imageless = imageless();
  find('#imageless').hidden = !imageless();
  setText(find('#named'), `Its inputs: ${named(model.inputs)}. Its heads: ${named(model.heads)}.`);
  if (image()) setText(find('.invitation b'), invitation(model));
  find('#purpose').hidden = imageless();
  views = model.heads.map((head, i) => new HeadView(head, i));
  find('#heads').replaceChildren(...views.map((each) => each.element));
  question.use(text());
  samples.use(image() ? model.samples ?? [] : [], image()?.image);
  setText(find('#scores'), scored(model));
  find('#served').replaceChildren(model.name, ' ', element('span', { class: 'version' }, model.version ?? ''));
  strands.draw();
  drawn(true);
}

// reload looks again at the models when an answer came from another version than the one shown.
async function reload(version) {
  met.add(version);
  try {
    await load();
    choose(model.name);
  } catch (problem) {
    refused(problem, null);
  }
}

load()
  .then(() => choose(new URLSearchParams(location.search).get('model')))
  .catch((problem) => refused(problem, null));
