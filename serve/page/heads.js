// The answers: one view for each head. Two labels are shown as a scale from one to the other. More
// labels are bars: the most probable, or all of them. A head of labels has a bar for each, too.

import { element, percent } from './dom.js';

export class HeadView {
  #label = element('span', { 'data-label': '' });
  #unit = element('span', { class: 'unit' });
  #probability = element('span', { class: 'probability' });
  #unsure = element('span', { class: 'unsure', hidden: '' }, 'unsure');
  #asked = element('span', { class: 'asked' });
  #figure;
  #head;

  // head is what the server says of the head. index is its number. beside is true if the heads stand
  // beside a pad, where there is room for fewer bars.
  constructor(head, index, beside) {
    const { name, labels, asked } = head;
    this.#head = { ...head, beside };
    this.name = name;
    this.asked = asked;
    this.#figure = figure(this.#head, labels ?? []);
    this.element = element('section', { class: 'head', 'data-head': name, 'aria-label': name },
      element('h2', {}, name, this.#asked),
      element('p', { class: 'verdict' }, this.#label, this.#unit, this.#probability, this.#unsure),
      this.#figure.element);
    const short = labels?.length > 0 && labels.every((label) => label.length < 6);
    this.element.classList.toggle('short', short);
    this.element.style.setProperty('--strand', `var(--strand-${'abcd'[index % 4]})`);
    this.state = 'empty';
  }

  get state() { return this.element.dataset.state; }
  set state(state) { this.element.dataset.state = state; }

  // anchor is the element at whose height the strand from the trunk ends.
  get anchor() { return this.#label; }

  // show shows an answer. If the head has no classes, label is its numbers, short has fewer digits,
  // answers is empty, and there is no probability.
  show({ label, short = label, probability, unsure, answers = [] }, question) {
    if (answers.length !== this.#figure.labels.length) {  // the model's file has no labels
      const replacement = figure(this.#head, answers.map((answer) => answer.label));
      this.#figure.element.replaceWith(replacement.element);
      this.#figure = replacement;
    }
    const { type, separator, unit } = this.#head;
    const isSet = type === 'labels';
    const chosen = isSet ? label.split(separator).filter(Boolean) : [label];
    const text = isSet ? chosen.join(', ') || 'none' : short;
    this.#label.textContent = text;
    this.#label.title = short === label ? '' : label;
    this.#label.classList.toggle('long', text.length > 5);
    this.#unit.textContent = unit?.trim() ?? '';
    this.#probability.textContent = answers.length && !isSet ? percent(probability) : '';
    this.#unsure.hidden = !unsure || isSet;
    this.#asked.textContent = this.asked ? question : '';
    this.#figure.show(answers, chosen);
    this.state = 'answered';
  }

  // empty removes the answer. state is the reason: empty or error.
  empty(state) {
    for (const part of [this.#label, this.#unit, this.#probability, this.#asked]) part.textContent = '';
    this.#label.title = '';
    this.#unsure.hidden = true;
    this.#figure.show([], []);
    this.state = state;
  }
}

const figure = ({ name, type, beside }, labels) => (
  labels.length === 2 && type !== 'labels' ? new Scale(name, labels) : new Bars(labels, beside));

// Up to few labels are always shown. Of more, the likeliest are shown at first.
const shownOf = (count, beside) => {
  const few = beside ? 3 : 7;
  return count <= few ? count : beside && count <= 10 ? 2 : 5;
};

class Bars {
  #more = element('button', { class: 'more', type: 'button', 'aria-expanded': false });
  #list;
  #bars;
  #shown;

  constructor(labels, beside) {
    this.labels = labels;
    this.#shown = shownOf(labels.length, beside);
    this.#bars = labels.map((label) => {
      const share = element('span', { class: 'share' });
      const bar = element('li', { 'data-bar': label },
        element('span', { class: 'name', title: label }, label),
        element('span', { class: 'track' }, element('span', { class: 'fill' })), share);
      return { label, bar, share, p: undefined };
    });
    this.#list = element('ol', { class: 'bars' }, ...this.#bars.map(({ bar }) => bar));
    this.#more.hidden = labels.length === this.#shown;
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
    for (const each of this.#bars) {
      each.p = shares.get(each.label);
      each.bar.style.setProperty('--share', each.p ?? 0);
      each.chosen = chosen.includes(each.label);
      each.bar.classList.toggle('chosen', each.chosen);
      each.share.textContent = each.p === undefined ? '' : percent(each.p);
    }
    this.#order();
  }

  // #order shows all bars in the order of the labels, or the most probable and those of the answer,
  // the best on top.
  #order() {
    const all = this.#open || this.#more.hidden;
    const byProbability = [...this.#bars].sort((a, b) => (b.p ?? 0) - (a.p ?? 0));
    for (const [rank, { bar, chosen }] of byProbability.entries()) {
      bar.hidden = !all && !chosen && rank >= this.#shown;
      bar.style.order = all ? 0 : rank;
    }
    this.#list.classList.toggle('few', !all);
    const few = this.#shown === 2 ? 'two' : 'five';
    this.#more.textContent = `Show ${this.#open ? `the likeliest ${few}` : `all ${this.labels.length}`}`;
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
    this.ends.forEach((end, i) => end.classList.toggle('chosen', chosen.includes(this.labels[i])));
  }
}

const wholePercent = (p) => (p < 1 ? Math.min(99, Math.round(100 * p)) : 100);

// inWords returns the answers of heads as a sentence for screen readers. asked(name) is the
// question that a head answers, or false.
export function inWords({ heads, contradictions = [] }, asked) {
  const parts = heads.map(({ name, label, short = label, probability, unsure, answers = [] }) => {
    const subject = asked(name) ? `${asked(name)}: ` : `${name} `;
    if (answers.length === 0) return subject + short;
    return `${subject}${label}, ${unsure ? 'unsure, ' : ''}${wholePercent(probability)} percent`;
  });
  return [parts.join('; '), ...contradictions].join('. ');
}
