// The drawing between the inputs and the heads: two strands are braided into a trunk, and both
// continue to every head. Its coordinates come from the elements that it connects. It is only
// decoration.

const SVG = 'http://www.w3.org/2000/svg';
const SWING = 8;     // distance of a strand from the trunk's middle, in pixels
const TWISTS = 4;    // crossings in the trunk
const PAIR = 3;      // half the distance of two strands side by side

export class Strands {
  #svg;
  #ends;

  // ends() returns the elements to connect, { image, question, heads }, or null if there is nothing
  // to draw. image is the image that the network sees.
  constructor(svg, ends) {
    this.#svg = svg;
    this.#ends = ends;
    const watch = new ResizeObserver(() => this.draw());
    const moving = document.querySelectorAll('.answers > *');
    for (const each of [svg, document.body, ...moving]) watch.observe(each);
  }

  draw() {
    const ends = this.#ends();
    const { width, height, left, top } = this.#svg.getBoundingClientRect();
    this.#svg.replaceChildren();
    if (!ends || width === 0) return;
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const box = (end) => {
      const { x, y, width: w, height: h } = end.getBoundingClientRect();
      return {
        left: x - left, right: x - left + w, centre: x - left + w / 2,
        bottom: y - top + h, middle: y - top + h / 2,
      };
    };
    const image = box(ends.image);
    const question = box(ends.question);
    const heads = ends.heads.map(box);

    const start = image.centre + 30, end = start + 0.3 * width;
    const between = heads.reduce((sum, { middle }) => sum + middle / heads.length, 0);
    const y = Math.max(image.bottom + 90, between);
    // Strand a is above at both ends of the trunk, because the number of crossings is even.
    const a = y - SWING, b = y + SWING;

    this.#line('a', `M0 ${image.middle}H${image.left}`);
    this.#line('a', `M${image.centre} ${image.bottom}V${image.bottom + 14}C${image.centre} ${a - 20} ${image.centre + 8} ${a} ${start} ${a}`);
    this.#line('b', `M${question.right} ${question.middle}H0`
      + `C${start * 0.8} ${question.middle} ${start * 0.2} ${b} ${start} ${b}`);
    for (const { middle } of heads) {
      const bend = (end + width) / 2;
      const apart = middle < y ? 1.3 * PAIR : -1.3 * PAIR; // side by side also where they rise
      const [bendA, bendB] = [bend - apart, bend + apart];
      this.#line('a', `M${end} ${a}C${bendA} ${a} ${bendA} ${middle - PAIR} ${width} ${middle - PAIR}`);
      this.#line('b', `M${end} ${b}C${bendB} ${b} ${bendB} ${middle + PAIR} ${width} ${middle + PAIR}`);
    }
    const long = (end - start) / TWISTS;
    for (let i = 0; i < TWISTS; i++) {
      const from = start + i * long, to = from + long, half = from + long / 2;
      const [falls, rises] = i % 2 ? ['b', 'a'] : ['a', 'b'];
      const falling = `M${from} ${a}C${half} ${a} ${half} ${b} ${to} ${b}`;
      this.#line(rises, `M${from} ${b}C${half} ${b} ${half} ${a} ${to} ${a}`);
      this.#path('gap', falling); // the falling strand passes in front, as in a rope
      this.#line(falls, falling);
    }
  }

  // #line draws a strand, and the animation that flows along it.
  #line(strand, d) {
    this.#path(`strand ${strand}`, d);
    this.#path('flow', d);
  }

  #path(kind, d) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', kind);
    path.setAttribute('d', d);
    this.#svg.append(path);
  }
}
