// The blackboard. It keeps a list of what was done to it, so undo is taking off the last entry and
// the picture, on screen or for the net, is always painted from that list.

const PEN = 1 / 12;     // width of the pen, of the board's width
const STEP = 1 / 28;    // one press of an arrow key: one pixel of the net's image
const EDGE = PEN / 2 + STEP / 4;  // the pen keeps this far from the edge, so that no ink is cut off
const EXPORT = 280;     // side of the exported image, in pixels
const CHALK = '#fff';

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1], // as they lie on a number pad
};

// A deed is { stroke: [x, y, x, y, ...] } as fractions of the board's side, { sample }, { photo },
// or { wiped: true }. A sample or a photo has a picture to show.
export class Pad {
  #canvas;
  #deeds = [];
  #pointer = null;                  // id of the pointer that draws, if one does
  #cursor = { x: 0.5, y: 0.5, shown: false, down: false };
  #frame = 0;
  #drawing = 0;
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

  get drawing() { return this.#drawing; } // the number of what is on the board
  get blank() { return this.#visible().length === 0; }
  get canUndo() { return this.#deeds.length > 0; }
  get penIsDown() { return this.#cursor.down; }

  // The test image on the board, while nothing is drawn over it.
  get sample() { return this.#alone().sample ?? null; }
  get photo() { return this.#alone().photo ?? null; }

  // What to send as "image": a test image's pixels, or a photo or a drawing in base64.
  image() {
    const { sample, photo } = this.#alone();
    if (sample) return Array.from(sample.pixels);
    if (photo) return photo.base64;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = EXPORT;
    const context = canvas.getContext('2d');
    context.fillRect(0, 0, EXPORT, EXPORT);
    this.#paint(context, EXPORT);
    return canvas.toDataURL('image/png').split(',')[1];
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

  // show takes a deed with a picture: { sample } or { photo }.
  show(deed) {
    this.#liftPen();
    if (deed.sample && this.#deeds.at(-1)?.sample) this.#deeds.pop(); // leafing through is one deed
    this.#deeds.push(deed);
    this.#touched(true);
  }

  // The deeds that still show: those after the last wipe, from the last picture on. A stroke adds
  // to a test image, but replaces a photo, where chalk would be hard to see.
  #visible() {
    const wiped = this.#deeds.findLastIndex((deed) => deed.wiped);
    const picture = this.#deeds.findLastIndex((deed) => deed.sample || deed.photo);
    const visible = this.#deeds.slice(Math.max(wiped + 1, picture));
    return visible[0]?.photo && visible.length > 1 ? visible.slice(1) : visible;
  }

  // The only deed that shows, or one that is nothing.
  #alone() {
    const visible = this.#visible();
    return visible.length === 1 ? visible[0] : {};
  }

  #touched(fresh) {
    this.#drawing++;
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
      context.clearRect(0, 0, side, side);
      this.#paint(context, side);
      this.#paintCursor(context, side);
    });
  }

  #paint(context, side) {
    context.fillStyle = context.strokeStyle = CHALK;
    context.lineWidth = side * PEN;
    context.lineCap = context.lineJoin = 'round';
    for (const { sample, photo, stroke } of this.#visible()) {
      context.imageSmoothingEnabled = !sample;
      if (sample || photo) fit(context, side, (sample ?? photo).picture);
      if (stroke) trace(context, stroke, side);
    }
  }

  #paintCursor(context, side) {
    const { x, y, shown, down } = this.#cursor;
    if (!shown) return;
    const ring = side * PEN * (down ? 0.3 : 0.5);
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
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return [within(x / box.width), within(y / box.height)];
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
    const keyless = matchMedia('(pointer: coarse)').matches;
    if (keyless) canvas.removeAttribute('aria-describedby');
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

// within keeps a coordinate on the board, with the whole width of the pen.
const within = (v) => Math.min(1 - EDGE, Math.max(EDGE, v));

// fit draws a picture as large as the board allows, whole and in its middle.
function fit(context, side, picture) {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
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
