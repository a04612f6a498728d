// The page of braid serve. It has inputs for the columns of a model, and shows the answers of all
// heads. A small grey picture is drawn on the pad, and a text beside it is the question. All other
// columns have fields.

import { call, token, withRetries } from './api.js';
import { Asker } from './asker.js';
import { Curl, pixels } from './curl.js';
import { capitalized, element, find, percent, setText } from './dom.js';
import { Fields } from './fields.js';
import { HeadView, inWords } from './heads.js';
import { Pad } from './pad.js';
import { DIGIT, PICTURE, Photos } from './photo.js';
import { Question } from './question.js';
import { Samples } from './samples.js';
import { Strands } from './strands.js';

const ANNOUNCE_DELAY = 600;   // ms without a change before screen readers read the answer
const LOADING_DELAY = 2_000;  // ms between requests while the model is loading

const main = find('main');
const saw = find('#saw');

let models = [];
let model = null;             // the selected one
let views = [];               // one for each of its heads
const versions = new Set();   // versions of models so far: a new one reloads the list of models
let answerInWords = '';       // the shown answer as a sentence
let announceTimer = 0;

const pad = new Pad(find('#pad'), { changed: drawn, announce });
const question = new Question({ changed: questioned, typing });
const samples = new Samples((sample) => pad.show({ sample }));
const photos = new Photos({
  limits: () => {
    if (image()) return DIGIT;
    const files = model.inputs.filter(({ form }) => form === 'file').length;
    return { ...PICTURE, bytes: Math.min(DIGIT.bytes, PICTURE.bytes / files) };
  },
  zone: (target) => {
    const field = model && fields.zone(target);
    return image() && !field?.contains(target) ? find('.board') : field;
  },
  photo: (photo, zone) => {
    if (zone.matches('.board')) pad.show({ photo });
    else fields.show(zone, photo);
  },
  problem: (problem, zone) => {
    if (zone.matches('.board')) showMessage([problem.message], 'problem');
    else fields.fail(zone, problem);
  },
});
const fields = new Fields({
  changed: filled,
  typing: () => { markOutdated(() => true); busy(true); },
  files: (files, zone) => photos.load(files, zone),
});
const strands = new Strands(find('#strands'), () => image() && text() && {
  image: saw, question: question.anchor, heads: views.map(({ anchor }) => anchor),
});
// The answers stay in view beside a long form: see layout.css.
new ResizeObserver(([{ target, borderBoxSize: [{ blockSize }] }]) => {
  target.style.setProperty('--height', `${blockSize}px`);
}).observe(find('.answers'));
const asker = new Asker({ request, answered, refused, nothing, busy, waiting, authorize });

// The command sends the pixels that the network saw on the pad, so that it prints the shown answer.
const curl = new Curl(() => ({
  path: path(),
  fields: { ...drawing(() => pixels(saw), text() ? question.text : ''), ...fields.read().values },
  token: Boolean(token.value),
}));

const image = () => model?.inputs.find((input) => input.image);
const text = () => image() && model.inputs.find((input) => input.text);
const others = () => model.inputs.filter((input) => input !== image() && input !== text());

// Event handlers.

function drawn(isNew) {
  main.dataset.blank = pad.blank;
  find('#undo').setAttribute('aria-disabled', !pad.canUndo);
  find('#clear').setAttribute('aria-disabled', pad.blank);
  find('.pad-hint span').textContent = pad.penIsDown ? 'up' : 'down';
  samples.mark(pad.sample);
  markOutdated(() => true);
  if (isNew) asker.replaced();
  else asker.extended();
}

function typing() {
  markOutdated(({ asked }) => asked);
  busy(true);
}

function questioned() {
  markOutdated(({ asked }) => asked);
  strands.draw();
  asker.replaced();
}

function filled() {
  markOutdated(() => true);
  asker.replaced();
}

find('#undo').addEventListener('click', () => pad.undo());
find('#clear').addEventListener('click', () => pad.clear());
find('#model').addEventListener('change', (event) => choose(event.target.value));

addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input:not([type=radio]), select, textarea');
  if (isTyping || !image() || event.altKey || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== 'z' || event.shiftKey) return;
    pad.undo();
  } else if (event.key === 'Escape' || event.key === 'Delete' || event.key === 'Backspace') {
    pad.clear();
  } else if (/^[1-9]$/.test(event.key)) {
    question.choose(Number(event.key));
  } else if (event.target === document.body && /^Arrow(Left|Right)$/.test(event.key)) {
    samples.step(event.key === 'ArrowLeft' ? -1 : 1);
  } else {
    return;
  }
  event.preventDefault();
});

// Requests and answers.

// request returns the request to send, or null if the pad is blank, there is no question, or a
// needed field is empty. If the model refused the question, another one is sent instead.
function request() {
  const words = text() ? question.toAsk : '';
  const { values, lacking, wrong, empty: isEmpty } = fields.read();
  if ((image() && pad.blank) || (text() && !words) || lacking.length || wrong) return null;
  if (!image() && isEmpty) return null;
  return {
    path: path(),
    question: words,
    instead: Boolean(text()) && words !== question.text,
    drawing: pad.drawing,
    body: () => ({ ...drawing(() => pad.image(), words), ...inBase64(values) }),
  };
}

const path = () => `ask?model=${encodeURIComponent(model.name)}`;
const drawing = (picture, words) => ({
  ...(image() && { [image().name]: picture() }),
  ...(text() && { [text().name]: words }),
});

// inBase64 replaces photos among values by what is sent.
const inBase64 = (values) => Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, value.picture ? value.base64 : value]));

function busy(isBusy) {
  main.dataset.busy = isBusy;
  clearTimeout(announceTimer);
  if (!isBusy) announceTimer = setTimeout(() => announce(answerInWords), ANNOUNCE_DELAY);
}

// markOutdated dims the answers of the heads that a change affects.
function markOutdated(isAffected) {
  for (const each of views) if (isAffected(each) && each.state === 'answered') each.state = 'waiting';
}

function answered(answer, { question: asked, instead, drawing }) {
  const heads = answer.heads.filter(({ name }) => !instead || !view(name)?.asked);
  for (const head of heads) view(head.name)?.show(head, asked);
  for (const each of views) if (instead && each.asked) each.empty('error');
  if (answer.saw) {
    saw.src = `data:image/png;base64,${answer.saw}`;
    saw.alt = 'the image as the net sees it, scaled down';
  }
  setSeen(Boolean(answer.saw));
  curl.enabled = !image() || Boolean(answer.saw);
  fields.accept();
  const contradictions = instead ? [] : answer.contradictions ?? [];
  showContradictions(contradictions);
  showMessage((answer.notes ?? []).map(noted), 'note');
  if (text() && !question.markAnswered(asked, drawing)) asker.extended();
  answerInWords = inWords({ heads, contradictions }, (name) => view(name)?.asked && asked);
  main.dataset.answered = Number(main.dataset.answered) + 1;
  if (!versions.has(answer.version)) reload(answer.version);
}

// refused shows the error of a request: at the field that it is about, if there is one. Else the
// cause may be the question or the image. It is the question if the same image is answered with
// another one.
function refused(problem, sent) {
  const isClientError = problem.status >= 400 && problem.status < 500;
  if (isClientError && sent && !image()) renew();
  if (fields.refuse(problem.field, sentence(problem.message, problem.field))) {
    empty('error');
    return;
  }
  if (isClientError && sent && text() && !sent.instead) {
    if (question.markRefused(sent.question, problem, sent.drawing)) return asker.extended();
  }
  question.clearRefusal();
  empty('error');
  showMessage([sentence(problem.message, image()?.name)], 'problem');
}

// noted returns a note of the server as a sentence. It may begin with the name of a column.
function noted(note) {
  return model.inputs.some(({ name }) => note.startsWith(`${name} `)) ? note : capitalized(note);
}

// sentence returns a message of the server as a sentence, without the name of a field before it.
function sentence(message, field) {
  const prefix = `${JSON.stringify(field)}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return capitalized(text).replace(/[^.]$/, '$&.');
}

// nothing shows that there is nothing to ask, and which needed fields are empty.
function nothing() {
  empty('empty');
  const { lacking, empty: isEmpty } = fields.read();
  if (!isEmpty && lacking.length) showMessage([`Still needed: ${lacking.join(', ')}.`], 'note');
}

function waiting(problem, seconds) {
  const when = seconds < 1.5 ? 'a second' : `${Math.ceil(seconds)} seconds`;
  showMessage([`${problem.message.replace(/[.\s]*$/, '.')} Trying again in ${when}.`], 'problem');
  for (const each of views) each.state = 'waiting';
}

// authorize shows the field for the token, and resolves when the user has entered one.
function authorize(problem) {
  const form = find('#token-form');
  setText(find('#token-problem'), token.value ? problem.message : '');
  form.hidden = false;
  find('#token').select();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      token.value = find('#token').value.trim();
      form.hidden = true;
      if (image()) find('#pad').focus();
      resolve();
    };
  });
}

// Output.

const view = (name) => views.find((each) => each.name === name);

function empty(state) {
  for (const each of views) each.empty(state);
  setSeen(false);
  curl.enabled = false;
  saw.alt = '';
  showContradictions([]);
  showMessage([]);
  answerInWords = '';
}

// setSeen records whether the page shows an image that the network saw on the pad.
function setSeen(isShown) {
  find('.seen').dataset.empty = !isShown;
}

function showContradictions(sentences) {
  setText(find('#contradiction'), sentences.join('\n'));
  main.dataset.contradiction = sentences.length > 0;
}

function showMessage(sentences, kind) {
  const box = find('#message');
  const content = sentences.join('\n');
  if (box.dataset.kind === kind && box.dataset.content === content) return;
  Object.assign(box.dataset, { kind, content });
  box.replaceChildren(...sentences.map((sentence) => element('p', {}, sentence)));
  box.hidden = sentences.length === 0;
}

// announce gives a sentence to screen readers.
function announce(sentence) {
  if (sentence) find('#spoken').textContent = sentence;
}

// accuracies returns how good the heads are in validation, as a sentence: the share of right
// answers, the F1 of labels, the mean error of numbers.
function accuracies({ heads, scores }) {
  const score = (name) => scores?.find((each) => each.name === `val_${name}`)?.value ?? NaN;
  const all = heads.flatMap(({ name, unit }) => {
    const [right, f1, off] = ['accuracy', 'micro_f1', 'mae'].map((figure) => score(`${name}_${figure}`));
    if (Number.isFinite(right)) return [`${name} ${percent(right)} right`];
    if (Number.isFinite(f1)) return [`${name} F1 ${f1.toFixed(2)}`];
    if (!Number.isFinite(off)) return [];
    return [`${name} off by ${Number(off.toPrecision(3))}${unit?.trim() ? `\u202f${unit.trim()}` : ''} in the mean`];
  });
  return all.length ? `In validation: ${all.join(', ')}.` : '';
}

// invitation says what to draw: a digit if a head has the ten digits as labels, else the input's
// name.
function invitation({ heads }) {
  const digits = heads.some(({ labels }) => labels.join() === '0,1,2,3,4,5,6,7,8,9');
  return `Draw ${digits ? 'a digit' : `the ${image().name}`} here`;
}

// purpose says what the model does.
const purpose = () => (image() ? 'A neural network reads your drawing or photo, and answers.'
  : 'Fill in what is known, and a neural network answers.');

// Models.

async function load() {
  for (;;) {
    ({ models } = await withRetries(() => call('models'), { waiting, authorize }));
    if (models.some(({ ready }) => ready)) return showMessage([]);
    showMessage([models.length ? 'The model is still loading.' : 'This server has no model.'], 'note');
    await new Promise((resolve) => setTimeout(resolve, LOADING_DELAY));
  }
}

// choose selects the named model if it is ready, else the first one that is.
function choose(name) {
  model = models.find((each) => each.name === name && each.ready) ?? models.find(({ ready }) => ready);
  find('#model').replaceChildren(...models.map(({ name: each, ready }) => {
    const option = element('option', { value: each }, ready ? each : `${each} (not ready)`);
    option.disabled = !ready;
    option.selected = each === model.name;
    return option;
  }));
  find('#model-choice').hidden = models.length < 2;
  versions.add(model.version);
  main.dataset.ready = true;
  main.dataset.form = image() ? 'pad' : 'fields';
  main.dataset.fields = others().length > 0;
  if (image()) setText(find('.invitation b'), invitation(model));
  setText(find('#purpose'), purpose());
  // A link sends no token.
  find('#api').href = token.value ? 'openapi.json' : `models/${encodeURIComponent(model.name)}/openapi.json`;
  views = model.heads.map((head, i) => new HeadView(head, i, Boolean(image())));
  find('#heads').replaceChildren(...views.map((each) => each.element));
  question.use(text());
  fields.use(others());
  samples.use(image() ? model.samples ?? [] : [], image()?.image);
  setText(find('#scores'), accuracies(model));
  find('#served').replaceChildren(model.name, ' ', element('span', { class: 'version' }, model.version ?? ''));
  strands.draw();
  drawn(true);
}

// reload reads the list of models again, because an answer came from a new version.
async function reload(version) {
  versions.add(version);
  try {
    await load();
    choose(model.name);
  } catch (problem) {
    refused(problem, null);
  }
}

// renew shows another version of the model if there is one: with other columns it refuses the
// fields of the one before. A refusal stays shown if there is none.
async function renew() {
  const { name, version } = model;
  try {
    const { models: list } = await call('models');
    if (!list.some((each) => each.name === name && each.ready && each.version !== version)) return;
    models = list;
    choose(name);
  } catch {
    // the refusal is shown
  }
}

load()
  .then(() => choose(new URLSearchParams(location.search).get('model')))
  .catch((problem) => refused(problem, null));
