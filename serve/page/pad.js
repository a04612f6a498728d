// The drawing pad. It keeps a list of edits. Undo removes the last edit. The image, on the screen
// and for the network, is always painted from the list.

// Lengths are fractions of the pad's side, except EXPORT.
const PEN = 1 / 12;     // width of the pen
const STEP = 1 / 28;    // of an arrow key: one pixel of the network's image
const EDGE = PEN / 2 + STEP / 4;  // least distance of the pen from the edge
const EXPORT = 280;     // side of the exported image, in pixels
const CHALK = '#fff';

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1], // as on a number pad
};

// An edit is { stroke: [x, y, x, y, ...] }, { sample }, { photo }, or { cleared: true }. A sample
// or a photo has a picture to show.
export class Pad {
  #canvas;
  #edits = [];
  #pointer = null;                  // id of the pointer that draws, or null
  #cursor = { x: 0.5, y: 0.5, shown: false, down: false };
  #frame = 0;
  #drawing = 0;
  #changed;
  #announce;

  // changed(isNew) is called after each change. isNew is false if the image is the same with more
  // strokes. announce(text) is for people who cannot see the cursor.
  constructor(canvas, { changed, announce }) {
    this.#canvas = canvas;
    this.#changed = changed;
    this.#announce = announce;
    this.#listenToPointers();
    this.#listenToKeys();
    new ResizeObserver(() => this.#repaint()).observe(canvas);
  }

  get drawing() { return this.#drawing; } // a number that grows with each change
  get blank() { return this.#visible().length === 0; }
  get canUndo() { return this.#edits.length > 0; }
  get penIsDown() { return this.#cursor.down; }

  // sample and photo are what the pad shows, or null if there are strokes or nothing.
  get sample() { return this.#single().sample ?? null; }
  get photo() { return this.#single().photo ?? null; }

  // image returns what to send: the pixels of a test image, or a photo or a drawing in base64.
  image() {
    const { sample, photo } = this.#single();
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
    if (this.#edits.pop()) this.#update(true);
  }

  clear() {
    this.#liftPen();
    if (this.blank) return;
    this.#edits.push({ cleared: true });
    this.#update(true);
  }

  // show adds an edit with a picture: { sample } or { photo }. Consecutive samples are one edit.
  show(edit) {
    this.#liftPen();
    if (edit.sample && this.#edits.at(-1)?.sample) this.#edits.pop();
    this.#edits.push(edit);
    this.#update(true);
  }

  // #visible returns the edits that can be seen: those after the last clearing, from the last
  // picture on. A stroke is added to a test image, but replaces a photo, on which it would be hard
  // to see.
  #visible() {
    const cleared = this.#edits.findLastIndex((edit) => edit.cleared);
    const picture = this.#edits.findLastIndex((edit) => edit.sample || edit.photo);
    const visible = this.#edits.slice(Math.max(cleared + 1, picture));
    return visible[0]?.photo && visible.length > 1 ? visible.slice(1) : visible;
  }

  // #single returns the visible edit if there is exactly one, else an empty object.
  #single() {
    const visible = this.#visible();
    return visible.length === 1 ? visible[0] : {};
  }

  #update(isNew) {
    this.#drawing++;
    this.#repaint();
    this.#changed(isNew);
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
      this.#edits.push({ stroke: this.#at(event) });
      this.#update(false);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      const between = event.getCoalescedEvents?.() ?? [];
      for (const each of between.length ? between : [event]) this.#draw(this.#at(each));
      this.#update(false);
    });
    const end = (event) => {
      if (event.pointerId === this.#pointer) this.#pointer = null;
    };
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
    canvas.addEventListener('lostpointercapture', end);
    // Chromium takes a quick stroke for a fling, and the next tap, on any element, for its stop.
    canvas.addEventListener('touchstart', (event) => event.preventDefault(), { passive: false });
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return [within(x / box.width), within(y / box.height)];
  }

  // #draw adds a point to the current stroke. If the last edit is not a stroke, the pad was cleared
  // during it. Then a new stroke begins.
  #draw(point) {
    const last = this.#edits.at(-1);
    if (last?.stroke) last.stroke.push(...point);
    else this.#edits.push({ stroke: point });
  }

  // Keys: drawing without a pointer.

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
    this.#update(false);
  }

  #toggle(held) {
    if (held) return;
    const cursor = this.#cursor;
    cursor.shown = true;
    cursor.down = !cursor.down;
    const [x, y] = [cursor.x, cursor.y].map((v) => Math.round(v / STEP));
    this.#announce(`pen ${cursor.down ? 'down' : 'up'}, ${x} across, ${y} down of 28`);
    if (!cursor.down) return this.#repaint();
    this.#edits.push({ stroke: [cursor.x, cursor.y] });
    this.#update(false);
  }

  #liftPen() {
    this.#cursor.down = false;
  }
}

// within returns the nearest coordinate at which the full width of the pen is on the pad.
const within = (v) => Math.min(1 - EDGE, Math.max(EDGE, v));

// fit draws a picture in the middle of the pad, as large as fits.
function fit(context, side, picture) {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
}

// trace draws a stroke as curves through the midpoints between its points, so that a fast stroke,
// which has few points, is smooth.
function trace(context, points, side) {
  const at = (i) => points[i] * side;
  context.beginPath();
  if (points.length === 2) { // not every browser draws the round ends of a line without length
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
