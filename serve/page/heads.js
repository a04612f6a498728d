// What the net answers: one view for each head. Two labels are a scale from one to the other, more
// are bars.

import { element, percent } from './dom.js';

export class HeadView {
  #label = element('span', { 'data-label': '' });
  #probability = element('span', { class: 'probability' });
  #unsure = element('span', { class: 'unsure', hidden: '' }, 'unsure');
  #asked = element('span', { class: 'asked' });
  #figure;

  constructor({ name, labels }, place) {
    this.name = name;
    this.#figure = figure(name, labels ?? []);
    this.element = element('section', { class: 'head', 'data-head': name, 'aria-label': name },
      element('h2', {}, name, this.#asked),
      element('p', { class: 'verdict' }, this.#label, this.#probability, this.#unsure),
      this.#figure.element);
    this.element.style.setProperty('--strand', `var(--strand-${place % 2 ? 'b' : 'a'})`);
    this.state = 'empty';
  }

  get binary() { return this.#figure instanceof Scale; }
  get state() { return this.element.dataset.state; }
  set state(state) { this.element.dataset.state = state; }

  // The height where the strand from the trunk arrives.
  get port() { return this.#label; }

  // Without answers to choose from, label is the head's numbers, and there is no probability.
  show({ label, probability, unsure, answers = [] }, question) {
    if (answers.length !== this.#figure.labels.length) {  // a model that does not name its answers
      const other = figure(this.name, answers.map((answer) => answer.label));
      this.#figure.element.replaceWith(other.element);
      this.#figure = other;
    }
    this.#label.textContent = label;
    this.#label.classList.toggle('long', label.length > 5);
    this.#probability.textContent = answers.length ? percent(probability) : '';
    this.#unsure.hidden = !unsure;
    this.#asked.textContent = this.binary && question ? question : '';
    this.#figure.show(answers, label);
    this.state = 'answered';
  }

  empty() {
    this.#label.textContent = this.#probability.textContent = this.#asked.textContent = '';
    this.#unsure.hidden = true;
    this.#figure.show([], null);
    this.state = 'empty';
  }
}

const figure = (name, labels) => (labels.length === 2 ? new Scale(name, labels) : new Bars(labels));

class Bars {
  constructor(labels) {
    this.labels = labels;
    const twofold = labels.length > 5 && labels.every((label) => label.length <= 3); // on a narrow page
    this.rows = new Map(labels.map((label) => {
      const share = element('span', { class: 'share' });
      const row = element('li', { 'data-bar': label },
        element('span', { class: 'name', title: label }, label),
        element('span', { class: 'track' }, element('span', { class: 'fill' })), share);
      return [label, { row, share }];
    }));
    this.element = element('ol', { class: twofold ? 'bars twofold' : 'bars' },
      ...[...this.rows.values()].map(({ row }) => row));
    this.element.style.setProperty('--rows', Math.ceil(labels.length / 2));
  }

  show(answers, chosen) {
    const shares = new Map(answers.map(({ label, probability }) => [label, probability]));
    for (const [label, { row, share }] of this.rows) {
      const p = shares.get(label);
      row.style.setProperty('--share', p ?? 0);
      row.classList.toggle('chosen', label === chosen);
      share.textContent = p === undefined ? '' : percent(p);
    }
  }
}

class Scale {
  constructor(name, labels) {
    this.labels = labels;
    this.ends = labels.map((label) => element('span', { class: 'end', title: label, 'data-bar': label }, label));
    this.track = element('span', {
      class: 'track', role: 'meter', 'aria-label': `${name}: ${labels[1]}`,
      'aria-valuemin': 0, 'aria-valuemax': 100,
    }, element('span', { class: 'fill' }), element('span', { class: 'mark' }));
    this.element = element('div', { class: 'scale' }, this.ends[0], this.track, this.ends[1]);
  }

  show(answers, chosen) {
    const p = answers.find(({ label }) => label === this.labels[1])?.probability;
    this.track.style.setProperty('--share', p ?? 0.5);
    this.track.setAttribute('aria-valuenow', Math.round(100 * (p ?? 0.5)));
    this.track.setAttribute('aria-valuetext', p === undefined ? 'nothing asked yet' : percent(p));
    this.ends.forEach((end, i) => end.classList.toggle('chosen', this.labels[i] === chosen));
  }
}

const wholePercent = (p) => (p < 1 ? Math.min(99, Math.round(100 * p)) : 100);

// spoken is an answer as a sentence to be heard.
export function spoken({ heads, contradictions = [] }, question) {
  const parts = heads.map(({ name, label, probability, unsure, answers = [] }) => {
    const subject = answers.length === 2 && question ? `${question}: ` : `${name} `;
    if (answers.length === 0) return subject + label;
    return `${subject}${label}, ${unsure ? 'unsure, ' : ''}${wholePercent(probability)} percent`;
  });
  return [parts.join('; '), ...contradictions].join('. ');
}
