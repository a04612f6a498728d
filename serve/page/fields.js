// The fields of a model: one for each column that has no pad and is not the question.

import { element, find, setText } from './dom.js';

const TYPING = 400;      // ms without a key before what was typed is asked
const FEW = 12;          // up to so many choices are a menu; more are suggestions of a text field
const LISTED = 12;       // most values of a list that are shown as buttons
const SHORT = 12;        // texts of up to so many words have one line

export class Fields {
  #box = find('#fields');
  #list = find('#field-list');
  #example = find('#example');
  #reset = find('#reset');
  #fields = [];
  #timer = 0;
  #on;

  // on.changed() is called when a value has changed, and on.typing() at each key before that.
  // on.files(files, element) is called with the files that were chosen for a field's element.
  constructor(on) {
    this.#on = on;
    this.#box.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#changed();
    });
    this.#box.addEventListener('input', ({ target }) => {
      if (target.type === 'file') return;
      this.#of(target)?.refuse('');
      if (!target.matches('input[type=text], textarea')) return this.#changed();
      on.typing();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#changed(), TYPING);
    });
    this.#box.addEventListener('change', ({ target }) => {
      if (target.type !== 'file') return this.#timer && this.#changed();
      on.files(target.files, target.closest('.field'));
      target.value = '';     // the same file can be chosen again
    });
    this.#example.addEventListener('click', () => {
      for (const field of this.#fields) {
        if (field.input.example) field.value = field.input.example;
      }
      this.#changed();
    });
    this.#reset.addEventListener('click', () => {
      for (const field of this.#fields) field.clear();
      this.#changed();
    });
  }

  // use shows fields for inputs. Those that the model before had, too, or its other version, keep
  // their values.
  use(inputs) {
    const before = new Map(this.#fields.map((field) => [field.input.name, field]));
    this.#fields = inputs.map((input, i) => {
      const field = make(input, i, () => this.#changed());
      const old = before.get(input.name);
      if (old?.input.form === input.form) field.adopt(old);
      return field;
    });
    this.#list.replaceChildren(...this.#fields.map((field) => field.element));
    const files = this.#fields.filter((field) => field instanceof FileField);
    for (const { element: each } of files) each.classList.toggle('wide', files.length === 1);
    this.#box.hidden = inputs.length === 0;
    this.#example.hidden = !inputs.some(({ example }) => example);
  }

  // read returns the values by name, the names of needed fields that are empty, whether all fields
  // are empty, and whether one is wrong, which it then says itself.
  read() {
    const values = {}, lacking = [];
    let wrong = false;
    for (const field of this.#fields) {
      const { value, problem } = field.read();
      if (problem) {
        wrong = true;
        field.refuse(problem);
      } else if (value !== undefined) {
        values[field.input.name] = value;
      } else if (!field.input.optional) {
        lacking.push(field.input.name);
      }
    }
    return { values, lacking, wrong, empty: !wrong && Object.keys(values).length === 0 };
  }

  // refuse shows a problem at a field, and reports whether there is the field.
  refuse(name, message) {
    const field = this.#fields.find(({ input }) => input.name === name);
    field?.refuse(message);
    return Boolean(field);
  }

  accept() {
    for (const field of this.#fields) field.refuse('');
  }

  // zone returns the element of the field that takes a file dropped on a target or pasted: that of
  // the target, else the first that is empty, else the first.
  zone(target) {
    const files = this.#fields.filter((field) => field instanceof FileField);
    const at = files.find((field) => field.element.contains(target));
    return (at ?? files.find((field) => !field.photo) ?? files[0])?.element ?? null;
  }

  // show puts a photo into the field with an element, or says why there is none.
  show(zone, photo) {
    this.#of(zone).show(photo);
    this.#changed();
  }

  fail(zone, { message }) { this.#of(zone).refuse(message); }

  #of(target) { return this.#fields.find((field) => field.element.contains(target)); }

  #changed() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#on.changed();
  }
}

function make(input, index, changed) {
  const kinds = {
    text: TextField, number: TextField, date: DateField, choice: ChoiceField, truth: TruthField,
    list: ListField, file: FileField, array: ArrayField,
  };
  return new (kinds[input.form] ?? TextField)(input, `field-${index}`, changed);
}

// Field is a label, a control, a hint and a problem. Subclasses make the control, and read it.
class Field {
  #problem;

  constructor(input, id, changed) {
    this.input = input;
    this.id = id;
    this.changed = changed;
    this.control = this.make();
    this.#problem = element('p', { class: 'problem', id: `${id}-problem`, role: 'alert', hidden: '' });
    const hint = this.hint();
    const about = [...(hint ? [`${id}-hint`] : []), `${id}-problem`].join(' ');
    for (const each of this.controls) {
      each.setAttribute('aria-describedby', about);
      if (!input.optional) each.setAttribute('aria-required', true);
    }
    this.element = element('div', { class: 'field', 'data-form': input.form, 'data-field': input.name },
      this.label(), this.control,
      ...(hint ? [element('p', { class: 'hint', id: `${id}-hint` }, ...[hint].flat())] : []),
      this.#problem);
    this.element.classList.toggle('wide', this.wide);
  }

  get controls() { return [this.control]; }
  get wide() { return false; }

  label() { return element('label', { for: this.id }, ...this.title()); }

  title() {
    const needed = this.input.optional ? [] : [element('span', { class: 'needed' }, 'needed')];
    return [this.input.name, ...needed];
  }

  // hint returns what is said below the control: a text or a list of nodes, or nothing.
  hint() { return ''; }

  // read returns { value }, which is undefined if the field is empty, or { problem }.
  read() { return { value: this.control.value.trim() === '' ? undefined : this.control.value }; }

  get value() { return this.control.value; }

  set value(text) { this.control.value = text; }

  // adopt takes the value of the field of another model.
  adopt(field) { this.value = field.value; }

  clear() {
    this.value = '';
    this.refuse('');
  }

  refuse(problem) {
    setText(this.#problem, problem);
    for (const each of this.controls) each.setAttribute('aria-invalid', problem !== '');
  }

  // textControl returns a text field of one line, with suggestions if there are some.
  textControl(attributes = {}, values = []) {
    const control = element('input', {
      id: this.id, type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: false,
      ...attributes,
    });
    if (values.length === 0) return control;
    control.setAttribute('list', `${this.id}-values`);
    this.suggestions = element('datalist', { id: `${this.id}-values` },
      ...values.map((value) => element('option', { value })));
    return control;
  }
}

const range = ({ minimum, maximum, unit }) => {
  const of = unit?.trim() ? `\u202f${unit.trim()}` : '';
  if (!minimum) return unit?.trim() ?? '';
  return minimum === maximum ? `${minimum}${of} in training` : `${minimum} to ${maximum}${of} in training`;
};

const such = (example) => (example ? `such as ${example}` : '');

class TextField extends Field {
  make() {
    const { form, example, values, length } = this.input;
    if (form === 'number') return this.textControl({ inputmode: 'decimal', placeholder: such(example) });
    if (values?.length || (length && length <= SHORT)) {
      return this.textControl({ placeholder: such(example) }, values);
    }
    return element('textarea', { id: this.id, rows: 3, autocomplete: 'off' });
  }

  get wide() { return this.control.tagName === 'TEXTAREA'; }

  hint() {
    const { form, length, values } = this.input;
    if (form === 'number') return range(this.input);
    const count = length === 1 ? 'one word is' : `${length} words are`;
    return [...(length ? [`up to ${count} read`] : []), ...(values?.length && this.suggestions ? [this.suggestions] : [])];
  }
}

class DateField extends Field {
  make() {
    const type = { '2006-01-02': 'date', '2006-01-02T15:04': 'datetime-local' }[this.input.layout];
    if (!type) return this.textControl({ placeholder: such(this.input.example ?? this.input.layout) });
    return element('input', { id: this.id, type });
  }

  hint() { return range(this.input); }
}

class ChoiceField extends Field {
  make() {
    const { values = [], unnamed_values: more, optional } = this.input;
    if (more || values.length > FEW) {
      return this.textControl({ placeholder: such(this.input.example) }, values);
    }
    return element('select', { id: this.id },
      element('option', { value: '' }, optional ? 'not given' : 'choose'),
      ...values.map((value) => element('option', { value }, value)));
  }

  hint() {
    const { values = [], unnamed_values: more = 0 } = this.input;
    if (!this.suggestions) return '';
    return [`one of ${(values.length + more).toLocaleString('en')} values: type a part of it`, this.suggestions];
  }
}

class TruthField extends Field {
  make() {
    const [no, yes] = this.input.values;
    this.radios = [[yes, yes], [no || `not ${yes}`, no || `not ${yes}`], ['', 'not given']].map(([value, label]) => {
      const radio = element('input', { type: 'radio', name: this.id, value });
      radio.checked = value === '';
      return [radio, element('label', { class: 'option' }, radio, label)];
    });
    return element('div', { class: 'options' }, ...this.radios.map(([, label]) => label));
  }

  get controls() { return [this.control]; }

  label() {
    this.control.setAttribute('role', 'radiogroup');
    this.control.setAttribute('aria-labelledby', `${this.id}-label`);
    return element('span', { class: 'title', id: `${this.id}-label` }, ...this.title());
  }

  read() { return { value: this.value || undefined }; }

  get value() { return this.radios.find(([radio]) => radio.checked)?.[0].value ?? ''; }

  set value(text) {
    for (const [radio] of this.radios) radio.checked = radio.value === text;
  }
}

class ListField extends Field {
  make() { return this.textControl({ placeholder: such(this.input.example) }); }

  get wide() { return (this.input.values ?? []).length > 0; }

  hint() {
    const { separator, values = [], unnamed_values: more = 0, length } = this.input;
    const by = separator.trim() === '' ? 'spaces' : `“${separator}”`;
    const shown = values.slice(0, LISTED);
    const rest = values.length - shown.length + more;
    this.buttons = shown.map((value) => {
      const button = element('button', { type: 'button', tabindex: -1 }, value);
      button.addEventListener('mousedown', (event) => event.preventDefault());
      button.addEventListener('click', () => this.#add(value));
      return button;
    });
    return [
      `separated by ${by}${length ? `, ${length} at most` : ''}`,
      element('span', { class: 'values' }, ...this.buttons,
        rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''),
    ];
  }

  #add(value) {
    const { separator } = this.input;
    const text = this.control.value.trim();
    this.control.value = text === '' ? value : `${text}${separator}${value}`;
    this.changed();
  }
}

class ArrayField extends Field {
  make() {
    const rows = Math.min(8, Math.max(1, Math.ceil(count(this.input) / 12)));
    return element('textarea', {
      id: this.id, rows, autocomplete: 'off', spellcheck: false, class: 'code',
      placeholder: `[${Array(Math.min(3, count(this.input))).fill(0).join(', ')}${count(this.input) > 3 ? ', …' : ''}]`,
    });
  }

  get wide() { return true; }

  hint() {
    const { shape, ids, datatype } = this.input;
    const n = shape.length > 1 ? `${shape.join(' × ')}` : `${count(this.input)}`;
    const one = count(this.input) === 1;
    const what = ids ? `id${one ? '' : 's'} from 0 to ${ids - 1}` : datatype === 'INT32' ? `whole number${one ? '' : 's'}`
      : datatype === 'UINT8' ? 'numbers from 0 to 255' : `number${one ? '' : 's'}`;
    return `${n} ${what}, as a list in JSON`;
  }

  read() {
    const text = this.control.value.trim();
    if (text === '') return { value: undefined };
    for (const each of [text, `[${text}]`]) {       // the brackets may be left out
      try {
        const value = JSON.parse(each);
        if (Array.isArray(value)) return { value };
      } catch {
        // the next form, or the problem below
      }
    }
    return { problem: 'Want a list of numbers, such as [1, 2.5].' };
  }
}

const count = ({ shape }) => shape.reduce((product, n) => product * n, 1);

class FileField extends Field {
  photo = null;

  make() {
    const { id } = this;
    this.chooser = element('input', { type: 'file', accept: 'image/*', hidden: '' });
    this.choose = element('button', {
      type: 'button', id, 'aria-labelledby': `${id} ${id}-label`, 'aria-describedby': `${id}-problem`,
    }, CHOOSE);
    this.remove = element('button', { type: 'button', hidden: '', 'aria-labelledby': `${id}-remove ${id}-label`, id: `${id}-remove` }, 'Remove');
    this.preview = element('div', { class: 'preview' }, ...invitation());
    this.choose.addEventListener('click', () => this.chooser.click());
    this.remove.addEventListener('click', () => {
      this.clear();
      this.choose.focus();
      this.changed();
    });
    return element('div', { class: 'file' }, this.preview,
      element('div', { class: 'tools' }, this.choose, this.remove, this.chooser));
  }

  get controls() { return []; }

  label() { return element('span', { class: 'title', id: `${this.id}-label` }, ...this.title()); }

  show(photo) {
    this.photo = photo;
    photo.picture.setAttribute('role', 'img');
    photo.picture.setAttribute('aria-label', `the picture of ${this.input.name}`);
    this.preview.replaceChildren(photo.picture);
    this.remove.hidden = false;
    this.choose.textContent = 'Choose another';
    this.refuse('');
  }

  read() { return { value: this.photo ?? undefined }; }

  adopt({ photo }) { if (photo) this.show(photo); }

  get value() { return ''; }

  set value(_) {
    this.photo = null;
    this.preview.replaceChildren(...invitation());
    this.remove.hidden = true;
    this.choose.textContent = CHOOSE;
  }
}

const CHOOSE = 'Choose a picture';

const invitation = () => [
  element('span', { class: 'by-mouse' }, 'Drop or paste a picture'),
  element('span', { class: 'by-touch' }, 'No picture yet'),
];
