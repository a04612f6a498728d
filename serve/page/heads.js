// What the net answers: one view for each head. Two labels are a scale from one to the other, more
// are bars, the likeliest two before all of them are asked for.

import { element, percent } from './dom.js';

export class HeadView {
  #label = element('span', { 'data-label': '' });
  #probability = element('span', { class: 'probability' });
  #unsure = element('span', { class: 'unsure', hidden: '' }, 'unsure');
  #asked = element('span', { class: 'asked' });
  #figure;

  // asked is whether the head answers the question; index is its number among the heads.
  constructor({ name, labels, asked }, index) {
    this.name = name;
    this.asked = asked;
    this.#figure = figure(name, labels ?? []);
    this.element = element('section', { class: 'head', 'data-head': name, 'aria-label': name },
      element('h2', {}, name, this.#asked),
      element('p', { class: 'verdict' }, this.#label, this.#probability, this.#unsure),
      this.#figure.element);
    const short = labels?.length > 0 && labels.every((label) => label.length < 6);
    this.element.classList.toggle('short', short);
    this.element.style.setProperty('--strand', `var(--strand-${'abcd'[index % 4]})`);
    this.state = 'empty';
  }

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
    this.#asked.textContent = this.asked ? question : '';
    this.#figure.show(answers, label);
    this.state = 'answered';
  }

  // empty shows no answer; state is why: empty or error.
  empty(state) {
    this.#label.textContent = this.#probability.textContent = this.#asked.textContent = '';
    this.#unsure.hidden = true;
    this.#figure.show([], null);
    this.state = state;
  }
}

const figure = (name, labels) => (labels.length === 2 ? new Scale(name, labels) : new Bars(labels));

const FEW = 3; // labels that are all shown at once

class Bars {
  #more = element('button', { class: 'more', type: 'button', 'aria-expanded': false });
  #list;
  #rows;

  constructor(labels) {
    this.labels = labels;
    this.#rows = labels.map((label) => {
      const share = element('span', { class: 'share' });
      const row = element('li', { 'data-bar': label },
        element('span', { class: 'name', title: label }, label),
        element('span', { class: 'track' }, element('span', { class: 'fill' })), share);
      return { label, row, share, p: undefined };
    });
    this.#list = element('ol', { class: 'bars' }, ...this.#rows.map(({ row }) => row));
    this.#more.hidden = labels.length <= FEW;
    this.#more.addEventListener('click', () => {
      this.#more.setAttribute('aria-expanded', !this.#open);
      this.#order();
    });
    this.element = element('div', {}, this.#list, this.#more);
    this.#order();
  }

  get #open() { return this.#more.getAttribute('aria-expanded') === 'true'; }

  show(answers, chosen) {
    const shares = new Map(answers.map(({ label, probability }) => [label, probability]));
    for (const each of this.#rows) {
      each.p = shares.get(each.label);
      each.row.style.setProperty('--share', each.p ?? 0);
      each.row.classList.toggle('chosen', each.label === chosen);
      each.share.textContent = each.p === undefined ? '' : percent(each.p);
    }
    this.#order();
  }

  // #order shows all rows in the order of the labels, or the likeliest two, the first on top.
  #order() {
    const all = this.#open || this.#more.hidden;
    const likeliest = [...this.#rows].sort((one, other) => (other.p ?? 0) - (one.p ?? 0));
    for (const [rank, { row }] of likeliest.entries()) {
      row.hidden = !all && rank > 1;
      row.style.order = all ? 0 : rank;
    }
    this.#list.classList.toggle('few', !all);
    const other = this.#open ? 'the likeliest two' : `all ${this.labels.length}`;
    this.#more.textContent = `Show ${other}`;
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

// spoken is what heads answer as a sentence to be heard; asked(name) is the question that a head
// answers, if it does.
export function spoken({ heads, contradictions = [] }, asked) {
  const parts = heads.map(({ name, label, probability, unsure, answers = [] }) => {
    const subject = asked(name) ? `${asked(name)}: ` : `${name} `;
    if (answers.length === 0) return subject + label;
    return `${subject}${label}, ${unsure ? 'unsure, ' : ''}${wholePercent(probability)} percent`;
  });
  return [parts.join('; '), ...contradictions].join('. ');
}
