// The question: one that the model was trained on, or typed words.

import { element, find, setText } from './dom.js';

const TYPING = 400; // ms without a key before a typed question is asked
const LISTED = 40;  // most words of the vocabulary that are shown

export class Question {
  #list = find('#questions');
  #input = find('#own');
  #problem = find('#own-problem');
  #words = find('#own-words');
  #maxWords = Infinity;
  #last = null;      // the radio button that was chosen before words were typed
  #answered = '';    // the last question that was answered
  #refused = null;   // { text, problem, drawing } of a question that the model refused
  #timer = 0;

  // changed() is called when another question is chosen or typed. typing() is called at each key.
  constructor({ changed, typing }) {
    this.#list.addEventListener('change', (event) => {
      this.#last = event.target;
      this.#input.value = '';
      this.#ask(changed);
    });
    this.#input.addEventListener('input', () => {
      for (const radio of this.#radios()) radio.checked = false;
      if (!this.#input.value.trim() && this.#last) this.#last.checked = true;
      typing();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(changed), TYPING);
    });
    this.#input.addEventListener('change', () => this.#ask(changed));
    this.#input.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      if (event.key === 'Enter') this.#ask(changed);
      if (event.key === 'Escape' && this.#input.value) this.#setTyped('', changed);
    });
    // The buttons of words are for pointers. They take no focus: with a keyboard, words are typed.
    this.#words.addEventListener('mousedown', (event) => event.preventDefault());
    this.#words.addEventListener('click', (event) => {
      const word = event.target.closest('button')?.textContent;
      if (!word) return;
      const typed = this.#typed();
      this.#setTyped([...(typed.length < this.#maxWords ? typed : []), word].join(' '), changed);
    });
  }

  // use shows the questions of a model's text input. It hides the question if input is undefined.
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
    if (this.#last && !this.#input.value) this.#last.checked = true;
    this.#maxWords = input?.text.most || Infinity;
    this.#listWords(input?.text.words ?? []);
    this.#answered = '';
    this.#refused = null;
    this.#show();
  }

  // text is the chosen or typed question, or empty.
  get text() {
    return this.#radios().find((radio) => radio.checked)?.value ?? this.#input.value.trim();
  }

  // toAsk is the question to send. If the model refused the question, it is another one, so that
  // heads which only need the image still answer. It may be empty.
  get toAsk() {
    const text = this.text;
    return text && text !== this.#refused?.text ? text : this.#last?.value ?? this.#answered;
  }

  // anchor is the element that shows the question.
  get anchor() {
    return this.#radios().find((radio) => radio.checked)?.parentElement ?? this.#input;
  }

  // markRefused records that a text was refused, and the number of the drawing that was sent with
  // it. It reports whether there is another text to ask.
  markRefused(text, problem, drawing) {
    this.#refused = { text, problem, drawing };
    return this.toAsk !== '' && this.toAsk !== text;
  }

  // markAnswered records that a text was answered with a drawing. If it was sent instead of a text
  // that was refused with the same drawing, that text is wrong, and the page shows why. It returns
  // false if the drawing is another one: then the drawing may be what was refused.
  markAnswered(text, drawing) {
    const isCertain = text === this.text || (this.#refused?.drawing ?? drawing) === drawing;
    if (text === this.text || !isCertain) this.#refused = null;
    else if (this.#refused) this.#refused.drawing = undefined;    // it is wrong with any drawing
    this.#answered = text;
    this.#show();
    return isCertain;
  }

  // clearRefusal forgets the refused text: another question was refused too.
  clearRefusal() {
    this.#refused = null;
    this.#show();
  }

  choose(number) {
    this.#radios()[number - 1]?.click();
  }

  #radios() { return [...this.#list.querySelectorAll('input')]; }

  #typed() { return this.#input.value.trim().split(/\s+/).filter(Boolean); }

  #setTyped(text, changed) {
    this.#input.value = text;
    this.#input.dispatchEvent(new Event('input'));
    this.#ask(changed);
  }

  #ask(changed) {
    clearTimeout(this.#timer);
    this.#show();
    changed();
  }

  #listWords(words) {
    const more = words.length - LISTED;
    const most = this.#maxWords < Infinity ? `, ${this.#maxWords} at most` : '';
    this.#input.placeholder = `or in your words${most}`;
    this.#words.hidden = words.length === 0;
    this.#words.replaceChildren(
      element('span', { class: 'spoken' }, 'Words that it knows:'),
      ...words.slice(0, LISTED).flatMap((word) => [' ', wordButton(word)]),
      more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
  }

  // #show shows the error of the question, and highlights its words in the list.
  #show() {
    const refused = this.#refused?.text === this.text ? this.#refused.problem : null;
    setText(this.#problem, refused ? brief(refused.message) : '');
    this.#input.setAttribute('aria-invalid', refused !== null && this.#input.value !== '');
    this.#words.dataset.wanted = refused !== null;
    const typed = new Set(this.#typed().map((word) => word.toLowerCase()));
    for (const button of this.#words.querySelectorAll('button')) {
      button.dataset.used = typed.has(button.textContent);
    }
  }
}

const wordButton = (word) => element('button', { type: 'button', tabindex: -1 }, word);

// brief shortens the server's error. It leaves out the possible questions and words, and the
// question if it has unknown words, because the page shows them.
function brief(message) {
  const text = message.replace(/; it (can be asked|knows) .*$/s, '');
  const [, unknown] = text.match(/ does not know: (.+)$/s) ?? [];
  return unknown ? `The model does not know ${unknown}.` : text.replace(/[^.]$/, '$&.');
}
