// The question: one of those the model was trained on, or typed words.

import { element, find, setText } from './dom.js';

const TYPING = 400; // ms without a key before typed words are asked
const LISTED = 40;  // words of the vocabulary that are shown

export class Question {
  #list = find('#questions');
  #own = find('#own');
  #problem = find('#own-problem');
  #words = find('#own-words');
  #most = Infinity;
  #last = null;      // the radio button that was chosen before words were typed
  #answered = '';    // the last question that was answered
  #refused = null;   // { text, problem, drawing } of a question that the model does not take
  #timer = 0;

  // changed() is called when another question is chosen or typed; typing() at each key before.
  constructor({ changed, typing }) {
    this.#list.addEventListener('change', (event) => {
      this.#last = event.target;
      this.#own.value = '';
      this.#take(changed);
    });
    this.#own.addEventListener('input', () => {
      for (const radio of this.#radios()) radio.checked = false;
      if (!this.#own.value.trim() && this.#last) this.#last.checked = true;
      typing();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#take(changed), TYPING);
    });
    this.#own.addEventListener('change', () => this.#take(changed));
    this.#own.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      if (event.key === 'Enter') this.#take(changed);
      if (event.key === 'Escape' && this.#own.value) this.#type('', changed);
    });
    // Words are typed by keyboard, so they are no stops for Tab, and leave the focus where it is.
    this.#words.addEventListener('mousedown', (event) => event.preventDefault());
    this.#words.addEventListener('click', (event) => {
      const word = event.target.closest('button')?.textContent;
      if (!word) return;
      const typed = this.#typed();
      this.#type([...(typed.length < this.#most ? typed : []), word].join(' '), changed);
    });
  }

  // use offers the questions of a model's text input, or hides if it has none.
  use(input) {
    find('.question').hidden = !input;
    const questions = input?.text.questions ?? [];
    const before = this.text;
    this.#list.replaceChildren(...questions.map((text, i) => {
      const radio = element('input', { type: 'radio', name: 'question', value: text });
      const key = element('kbd', { 'aria-hidden': 'true' }, String(i + 1));
      if (i < 9) radio.setAttribute('aria-keyshortcuts', i + 1);
      return element('label', { class: 'choice' }, radio, text, ...(i < 9 ? [key] : []));
    }));
    const radios = this.#radios();
    this.#last = radios.find((radio) => radio.value === before) ?? radios[0] ?? null;
    if (this.#last && !this.#own.value) this.#last.checked = true;
    this.#most = input?.text.most || Infinity;
    this.#listWords(input?.text.words ?? []);
    this.#answered = '';
    this.#refused = null;
    this.#show();
  }

  // text is the question now; empty if none is chosen or typed.
  get text() {
    return this.#radios().find((radio) => radio.checked)?.value ?? this.#own.value.trim();
  }

  // taken is what to ask: the question, or another one while the model does not take it, so that
  // the heads which speak of the image alone go on. It may be empty.
  get taken() {
    const text = this.text;
    return text && text !== this.#refused?.text ? text : this.#last?.value ?? this.#answered;
  }

  // origin is the element on the page that the question stands in.
  get origin() {
    return this.#radios().find((radio) => radio.checked)?.parentElement ?? this.#own;
  }

  // refuse notes that a text was not answered with a drawing, by its number. It reports whether
  // there is another text to ask.
  refuse(text, problem, drawing) {
    this.#refused = { text, problem, drawing };
    return this.taken !== '' && this.taken !== text;
  }

  // settle notes that a text was answered with a drawing. If it was asked instead of one that was
  // refused with the same drawing, that one is wrong, and the page shows why. It reports false if
  // the drawing is another one: then it may have been the drawing that was refused.
  settle(text, drawing) {
    const sure = text === this.text || (this.#refused?.drawing ?? drawing) === drawing;
    if (text === this.text || !sure) this.#refused = null;
    else if (this.#refused) this.#refused.drawing = undefined;    // whatever is drawn now
    this.#answered = text;
    this.#show();
    return sure;
  }

  // forgive ends a refusal: another question did no better.
  forgive() {
    this.#refused = null;
    this.#show();
  }

  choose(number) {
    this.#radios()[number - 1]?.click();
  }

  #radios() { return [...this.#list.querySelectorAll('input')]; }

  #typed() { return this.#own.value.trim().split(/\s+/).filter(Boolean); }

  #type(text, changed) {
    this.#own.value = text;
    this.#own.dispatchEvent(new Event('input'));
    this.#take(changed);
  }

  #take(changed) {
    clearTimeout(this.#timer);
    this.#show();
    changed();
  }

  #listWords(words) {
    const more = words.length - LISTED;
    const most = this.#most < Infinity ? `, ${this.#most} at most` : '';
    this.#own.placeholder = `or in your words${most}`;
    this.#words.hidden = words.length === 0;
    this.#words.replaceChildren(
      element('span', { class: 'spoken' }, 'Words that it knows:'),
      ...words.slice(0, LISTED).flatMap((word) => [' ', wordButton(word)]),
      more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
  }

  // #show marks what is wrong with the question, and which words it is made of.
  #show() {
    const refused = this.#refused?.text === this.text ? this.#refused.problem : null;
    setText(this.#problem, refused ? brief(refused.message) : '');
    this.#own.setAttribute('aria-invalid', refused !== null && this.#own.value !== '');
    this.#words.dataset.wanted = refused !== null;
    const typed = new Set(this.#typed().map((word) => word.toLowerCase()));
    for (const button of this.#words.querySelectorAll('button')) {
      button.dataset.used = typed.has(button.textContent);
    }
  }
}

const wordButton = (word) => element('button', { type: 'button', tabindex: -1 }, word);

// brief leaves out of the server's sentence what the page shows beside it: what can be asked and,
// where words are unknown, the question.
function brief(message) {
  const wrong = message.replace(/; it (can be asked|knows) .*$/s, '');
  const [, unknown] = wrong.match(/ does not know: (.+)$/s) ?? [];
  return unknown ? `The model does not know ${unknown}.` : wrong.replace(/[^.]$/, '$&.');
}
