// The blackboard. It keeps a list of what was done to it, so undo is taking off the last entry and
// the picture, on screen or for the net, is always painted from that list.

const PEN = 1 / 12;     // width of the pen, of the board's width
const STEP = 1 / 28;    // one press of an arrow key: one pixel of the net's image
const EXPORT = 280;     // side of the exported image, in pixels

const SCREEN = { board: '#0f1615', chalk: '#f6f8f5' };
const NET = { board: '#000', chalk: '#fff' };

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1], // as they lie on a number pad
};

// A deed is { stroke: [x, y, x, y, ...] } in parts of the board's side, { sample }, or { wiped: true }.
export class Pad {
  #canvas;
  #deeds = [];
  #pointer = null;                  // id of the pointer that draws, if one does
  #cursor = { x: 0.5, y: 0.5, shown: false, down: false };
  #frame = 0;
  #changed;
  #say;

  // changed(fresh) is called after each change, fresh if the picture is another one rather than the
  // same with more strokes; say(text) speaks to people who cannot see the cursor.
  constructor(canvas, { changed, say }) {
    this.#canvas = canvas;
    this.#changed = changed;
    this.#say = say;
    this.#listenToPointers();
    this.#listenToKeys();
    new ResizeObserver(() => this.#repaint()).observe(canvas);
  }

  get blank() { return this.#visible().length === 0; }
  get canUndo() { return this.#deeds.length > 0; }
  get penIsDown() { return this.#cursor.down; }

  // The test image on the board, while nothing is drawn over it.
  get sample() {
    const visible = this.#visible();
    return visible.length === 1 ? visible[0].sample ?? null : null;
  }

  // What to send as "image": a test image's own pixels, or a drawing as PNG in base64.
  image() {
    if (this.sample) return Array.from(this.sample.pixels);
    const canvas = new OffscreenPicture(EXPORT);
    this.#paint(canvas.context, EXPORT, NET);
    return canvas.png();
  }

  undo() {
    this.#liftPen();
    if (this.#deeds.pop()) this.#touched(true);
  }

  clear() {
    this.#liftPen();
    if (this.blank) return;
    this.#deeds.push({ wiped: true });
    this.#touched(true);
  }

  show(sample) {
    this.#liftPen();
    if (this.#deeds.at(-1)?.sample) this.#deeds.pop(); // leafing through is one deed
    this.#deeds.push({ sample });
    this.#touched(true);
  }

  // The deeds that still show: those after the last wipe, from the last test image on.
  #visible() {
    const wiped = this.#deeds.findLastIndex((deed) => deed.wiped);
    const sample = this.#deeds.findLastIndex((deed) => deed.sample);
    return this.#deeds.slice(Math.max(wiped + 1, sample));
  }

  #touched(fresh) {
    this.#repaint();
    this.#changed(fresh);
  }

  // Painting.

  #repaint() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const side = Math.round(this.#canvas.clientWidth * devicePixelRatio);
      if (side === 0) return;
      if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
      const context = this.#canvas.getContext('2d');
      this.#paint(context, side, SCREEN);
      this.#paintCursor(context, side);
    });
  }

  #paint(context, side, { board, chalk }) {
    context.globalCompositeOperation = 'source-over';
    context.fillStyle = board;
    context.fillRect(0, 0, side, side);
    context.fillStyle = context.strokeStyle = chalk;
    context.lineWidth = side * PEN;
    context.lineCap = context.lineJoin = 'round';
    context.imageSmoothingEnabled = false;
    for (const { sample, stroke } of this.#visible()) {
      context.globalCompositeOperation = sample ? 'screen' : 'source-over';
      if (sample) context.drawImage(sample.picture, 0, 0, side, side);
      if (stroke) trace(context, stroke, side);
    }
  }

  #paintCursor(context, side) {
    const { x, y, shown, down } = this.#cursor;
    if (!shown) return;
    const ring = side * PEN * (down ? 0.3 : 0.5);
    context.globalCompositeOperation = 'source-over';
    for (const [colour, width] of [['#0f1615', side / 60], ['#f09a5e', side / 120]]) {
      context.beginPath();
      context.arc(x * side, y * side, ring, 0, 2 * Math.PI);
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = width;
      context.stroke();
      if (down) context.fill();
    }
  }

  // Pointers: mouse, pen and finger.

  #listenToPointers() {
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.#pointer !== null) return;
      this.#liftPen();
      this.#cursor.shown = false;
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.#deeds.push({ stroke: this.#at(event) });
      this.#touched(false);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      const between = event.getCoalescedEvents?.() ?? [];
      for (const each of between.length ? between : [event]) this.#draw(this.#at(each));
      this.#touched(false);
    });
    const end = (event) => {
      if (event.pointerId === this.#pointer) this.#pointer = null;
    };
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
    canvas.addEventListener('lostpointercapture', end);
    // Chromium takes a quick stroke for a fling, and the next tap, on whatever, for what stops it.
    canvas.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  // Adds a point to the stroke being drawn. The last deed is another one only if the board was
  // wiped under the pen; then a new stroke begins.
  #draw(point) {
    const last = this.#deeds.at(-1);
    if (last?.stroke) last.stroke.push(...point);
    else this.#deeds.push({ stroke: point });
  }

  // Keys: the whole board without a pointer.

  #listenToKeys() {
    const canvas = this.#canvas;
    canvas.addEventListener('focus', () => {
      this.#cursor.shown = canvas.matches(':focus-visible');
      this.#repaint();
    });
    canvas.addEventListener('blur', () => {
      this.#liftPen();
      this.#cursor.shown = false;
      this.#repaint();
    });
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in MOVES) this.#move(MOVES[event.key], event.shiftKey ? 4 : 1);
      else if (event.key === ' ' || event.key === 'Enter') this.#toggle(event.repeat);
      else return;
      event.preventDefault();
    });
  }

  #move([right, down], steps) {
    const within = (v) => Math.min(1 - PEN / 2, Math.max(PEN / 2, v));
    const cursor = this.#cursor;
    cursor.x = within(cursor.x + right * steps * STEP);
    cursor.y = within(cursor.y + down * steps * STEP);
    cursor.shown = true;
    if (!cursor.down) return this.#repaint();
    this.#draw([cursor.x, cursor.y]);
    this.#touched(false);
  }

  #toggle(held) {
    if (held) return;
    const cursor = this.#cursor;
    cursor.shown = true;
    cursor.down = !cursor.down;
    const place = (v) => Math.round(v / STEP);
    this.#say(`pen ${cursor.down ? 'down' : 'up'}, ${place(cursor.x)} across, ${place(cursor.y)} down of 28`);
    if (!cursor.down) return this.#repaint();
    this.#deeds.push({ stroke: [cursor.x, cursor.y] });
    this.#touched(false);
  }

  #liftPen() {
    this.#cursor.down = false;
  }
}

// trace draws a stroke through the middles between its points, so that fast strokes stay round.
function trace(context, points, side) {
  const at = (i) => points[i] * side;
  context.beginPath();
  if (points.length === 2) { // not every browser gives a line without length its round ends
    context.arc(at(0), at(1), context.lineWidth / 2, 0, 2 * Math.PI);
    return context.fill();
  }
  context.moveTo(at(0), at(1));
  for (let i = 2; i < points.length - 2; i += 2) {
    context.quadraticCurveTo(at(i), at(i + 1), (at(i) + at(i + 2)) / 2, (at(i + 1) + at(i + 3)) / 2);
  }
  context.lineTo(at(points.length - 2), at(points.length - 1));
  context.stroke();
}

// A picture that is never on screen.
class OffscreenPicture {
  constructor(side) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = this.canvas.height = side;
    this.context = this.canvas.getContext('2d');
  }

  png() { return this.canvas.toDataURL('image/png').split(',')[1]; }
}
