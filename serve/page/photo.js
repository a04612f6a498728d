// Photos: files that are chosen, dropped, pasted or taken with the camera.

import { Problem } from './api.js';
import { find } from './dom.js';

// A file is sent unchanged if it has one of these formats and is within these limits. Any other is
// sent as a JPEG.
const FORMATS = ['image/png', 'image/jpeg'];
const SIDE = 1280;            // most pixels of the longer side
const BYTES = 2 << 20;
const QUALITY = 0.92;         // of the JPEG

export class Photos {
  #latest = 0;                // number of the newest file: a slow one must not replace a later one
  #on;

  // on.accepts() reports whether a photo can be used now. on.photo({ picture, base64 }) is called
  // for each photo, and on.problem(problem) if a file is not an image.
  constructor(on) {
    this.#on = on;
    for (const [button, input] of [['#photo', '#photo-file'], ['#camera', '#camera-file']]) {
      find(button).addEventListener('click', () => find(input).click());
      find(input).addEventListener('change', ({ target }) => {
        this.#load(target.files);
        target.value = '';    // the same file can be chosen again
      });
    }
    this.#listenToDrops();
    addEventListener('paste', (event) => {
      if (!on.accepts() || !event.clipboardData?.files.length) return;
      event.preventDefault();
      this.#load(event.clipboardData.files);
    });
  }

  // A file may be dropped anywhere on the page. Otherwise the browser would open a file that is
  // dropped beside the pad, and leave the page.
  #listenToDrops() {
    const board = find('.board');
    const holdsFile = (event) => event.dataTransfer?.types.includes('Files');
    addEventListener('dragover', (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = this.#on.accepts() ? 'copy' : 'none';
      board.dataset.drop = true;
    });
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) delete board.dataset.drop;   // the file left the window
    });
    addEventListener('drop', (event) => {
      delete board.dataset.drop;
      if (!holdsFile(event)) return;
      event.preventDefault();
      if (this.#on.accepts()) this.#load(event.dataTransfer.files);
    });
  }

  async #load(files) {
    const file = [...files].find(({ type }) => type.startsWith('image/')) ?? files[0];
    if (!file) return;
    const number = ++this.#latest;
    try {
      const photo = await read(file);
      if (number === this.#latest) this.#on.photo(photo);
    } catch (problem) {
      if (number === this.#latest) this.#on.problem(problem);
    }
  }
}

// read returns a photo as { picture, base64 }: an upright canvas to show, and the bytes to send.
async function read(file) {
  const { canvas, isReduced } = await decode(file);
  const isSentUnchanged = FORMATS.includes(file.type) && file.size <= BYTES && !isReduced;
  if (isSentUnchanged) return { picture: canvas, base64: await base64(file) };
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return { picture: canvas, base64: await base64(jpeg) };
}

// decode lets the browser decode a file, in any format that it reads, with the file's orientation.
// It returns a canvas of at most SIDE pixels.
async function decode(file) {
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
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';                     // behind transparent pixels
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, isReduced: scale < 1 };
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Problem('The file cannot be read.'));
    reader.readAsDataURL(blob);
  });
}
