// Photos: files that are chosen, dropped, pasted or taken with the camera.

import { Problem } from './api.js';
import { find } from './dom.js';

// A file is sent unchanged if it has one of these formats and is within these limits. Any other is
// sent as a JPEG.
export const DIGIT = {
  formats: ['image/png', 'image/jpeg'],
  side: 1280,                 // most pixels of the longer side of a JPEG
  longest: 1280,              // and of an unchanged file
  bytes: 2 << 20,
};
export const PICTURE = {
  formats: [...DIGIT.formats, 'image/gif', 'image/webp', 'image/bmp'],
  side: 1280,
  longest: 3400,              // 12 million pixels
  bytes: 4 << 20,             // of all pictures of a request: base64 takes a third more
};
const QUALITY = 0.92;         // of the JPEG

export class Photos {
  #latest = new WeakMap();    // by zone, the number of the newest file: a slow one must not replace it
  #on;

  // on.zone(target) returns the element for which a file is taken that was dropped on a target, or
  // null; without a target, of a pasted file. on.limits() is DIGIT or PICTURE. on.photo({ picture,
  // base64, file }, zone) is called for each photo, and on.problem(problem, zone) if a file is not
  // an image.
  constructor(on) {
    this.#on = on;
    for (const [button, input] of [['#photo', '#photo-file'], ['#camera', '#camera-file']]) {
      find(button).addEventListener('click', () => find(input).click());
      find(input).addEventListener('change', ({ target }) => {
        this.load(target.files, on.zone(target));
        target.value = '';    // the same file can be chosen again
      });
    }
    this.#listenToDrops();
    addEventListener('paste', (event) => {
      const zone = on.zone(document.activeElement);
      if (!zone || !event.clipboardData?.files.length) return;
      event.preventDefault();
      this.load(event.clipboardData.files, zone);
    });
  }

  // A file may be dropped anywhere on the page. Otherwise the browser would open a file that is
  // dropped beside the pad, and leave the page.
  #listenToDrops() {
    let marked = null;
    const mark = (zone) => {
      if (marked) delete marked.dataset.drop;
      marked = zone;
      if (marked) marked.dataset.drop = true;
    };
    const holdsFile = (event) => event.dataTransfer?.types.includes('Files');
    addEventListener('dragover', (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      const zone = this.#on.zone(event.target);
      event.dataTransfer.dropEffect = zone ? 'copy' : 'none';
      mark(zone);
    });
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) mark(null);   // the file left the window
    });
    addEventListener('drop', (event) => {
      mark(null);
      if (!holdsFile(event)) return;
      event.preventDefault();
      const zone = this.#on.zone(event.target);
      if (zone) this.load(event.dataTransfer.files, zone);
    });
  }

  // load reads the first image of some files for a zone.
  async load(files, zone) {
    const file = [...files].find(({ type }) => type.startsWith('image/')) ?? files[0];
    if (!file) return;
    const number = (this.#latest.get(zone) ?? 0) + 1;
    this.#latest.set(zone, number);
    try {
      const photo = await read(file, this.#on.limits());
      if (number === this.#latest.get(zone)) this.#on.photo(photo, zone);
    } catch (problem) {
      if (number === this.#latest.get(zone)) this.#on.problem(problem, zone);
    }
  }
}

// read returns a photo as { picture, base64, file }: an upright canvas to show, the bytes to send,
// and the file if these are its bytes.
async function read(file, { formats, side, longest, bytes }) {
  const { canvas, size } = await decode(file, side);
  if (formats.includes(file.type) && file.size <= bytes && size <= longest) {
    return { picture: canvas, base64: await base64(file), file };
  }
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return { picture: canvas, base64: await base64(jpeg) };
}

// decode lets the browser decode a file, in any format that it reads, with the file's orientation.
// It returns the longer side of the image, and a canvas of at most side pixels.
async function decode(file, side) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    throw new Problem(`This browser cannot read “${file.name}” as an image.`);
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';                     // behind transparent pixels
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, size: Math.max(width, height) };
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Problem('The file cannot be read.'));
    reader.readAsDataURL(blob);
  });
}
