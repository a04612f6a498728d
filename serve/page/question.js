// The question: one of those the model was trained on, or words of one's own.

import { element, find, setText } from './dom.js';

const TYPING = 400; // ms without a key before own words are asked

export class Question {
  #list = find('#questions');
  #own = find('#own');
  #problem = find('#own-problem');
  #words = [];
  #most = Infinity;
  #last = null;      // the radio button that own words stand in for
  #timer = 0;

  // changed() is called when another question is chosen or typed; typing() at each key before.
  constructor({ changed, typing }) {
    this.#list.addEventListener('change', (event) => {
      this.#last = event.target;
      this.#own.value = '';
      this.#settle(changed);
    });
    this.#own.addEventListener('input', () => {
      for (const radio of this.#radios()) radio.checked = false;
      if (!this.#own.value.trim() && this.#last) this.#last.checked = true;
      typing();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#settle(changed), TYPING);
    });
    this.#own.addEventListener('change', () => this.#settle(changed));
    this.#own.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      if (event.key === 'Enter') this.#settle(changed);
      if (event.key === 'Escape' && this.#own.value) {
        this.#own.value = '';
        this.#own.dispatchEvent(new Event('input'));
        this.#settle(changed);
      }
    });
  }

  // use offers the questions of a model's text input, or hides if it has none.
  use(input) {
    find('.question').hidden = !input;
    const questions = input?.text.questions ?? [];
    const words = this.#words = input?.text.words ?? [];
    const most = this.#most = input?.text.most || Infinity;
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
    setText(find('#own-words'), words.length === 0 ? '' :
      `The words it knows: ${words.join(', ')}${most < Infinity ? `; ${most} at most` : ''}.`);
    this.problem = '';
  }

  // text is the question now; empty if none is chosen or typed.
  get text() {
    return this.#radios().find((radio) => radio.checked)?.value ?? this.#own.value.trim();
  }

  // place is where on the page the question is put.
  get place() {
    return this.#radios().some((radio) => radio.checked) ? this.#list : this.#own;
  }

  // doubtful says whether own words are asked that the model cannot all know.
  get doubtful() {
    const typed = this.#own.value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return this.#own.value.trim() !== '' &&
      (typed.length === 0 || typed.length > this.#most || typed.some((word) => !this.#words.includes(word)));
  }

  // problem is what is wrong with own words, shown beside them.
  set problem(text) {
    setText(this.#problem, text);
    this.#own.setAttribute('aria-invalid', text !== '');
  }

  choose(number) {
    this.#radios()[number - 1]?.click();
  }

  #radios() { return [...this.#list.querySelectorAll('input')]; }

  #settle(changed) {
    clearTimeout(this.#timer);
    changed();
  }
}
