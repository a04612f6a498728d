// Test images from the model's file. They are one stop for Tab. Arrow keys select the next image.

import { element, find } from './dom.js';

export class Samples {
  #toolbar = find('#samples');
  #buttons = [];
  #samples = [];
  #choose;

  // choose(sample) is called with { pixels, picture } when a test image is selected.
  constructor(choose) {
    this.#choose = choose;
    this.#toolbar.addEventListener('click', (event) => {
      const at = this.#buttons.indexOf(event.target.closest('button'));
      if (at >= 0) this.#select(at);
    });
    this.#toolbar.addEventListener('keydown', (event) => {
      const steps = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.step(steps).focus();
    });
  }

  // use shows the samples of a model. Each image is height × width grey bytes in base64.
  use(samples, { height, width } = {}) {
    this.#samples = samples.map(({ image }) => {
      const pixels = Uint8Array.from(atob(image), (char) => char.charCodeAt(0));
      return { pixels, picture: picture(pixels, height, width) };
    });
    this.#buttons = this.#samples.map((sample, i) => {
      const button = element('button', {
        type: 'button', tabindex: i ? -1 : 0, 'aria-pressed': false,
        'aria-label': `test image ${i + 1} of ${samples.length}`,
      });
      button.append(sample.picture);
      return button;
    });
    this.#toolbar.replaceChildren(...this.#buttons);
    find('main').style.setProperty('--columns', Math.min(2, Math.ceil(samples.length / 10)));
    find('.test-images').hidden = samples.length === 0;
  }

  // mark highlights the sample that is on the pad, if there is one.
  mark(sample) {
    this.#buttons.forEach((button, i) => button.setAttribute('aria-pressed', this.#samples[i] === sample));
  }

  // step selects the sample that many steps further, and returns its button.
  step(steps) {
    const count = this.#buttons.length;
    const at = this.#buttons.findIndex((button) => button.getAttribute('aria-pressed') === 'true');
    const focused = this.#buttons.indexOf(document.activeElement);
    const from = at >= 0 ? at : focused >= 0 ? focused : steps > 0 ? -1 : count;
    const button = this.#buttons[(from + steps + count) % count];
    button?.click();
    return button;
  }

  #select(at) {
    this.#buttons.forEach((button, i) => { button.tabIndex = i === at ? 0 : -1; });
    this.#choose(this.#samples[at]);
    const { left, width } = this.#buttons[at].getBoundingClientRect();
    const box = this.#toolbar.getBoundingClientRect();
    const isVisible = left >= box.left && left + width <= box.right;
    if (!isVisible) this.#toolbar.scrollLeft += left - box.left - box.width / 2;
  }
}

// picture paints ink in white on a transparent canvas, for a pad of any colour.
function picture(pixels, height, width) {
  const canvas = element('canvas', { width, height });
  const image = new ImageData(width, height);
  pixels.forEach((grey, i) => image.data.set([255, 255, 255, grey], 4 * i));
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}
