// Photos: files that are chosen, dropped, pasted or taken by the camera.

import { Problem } from './api.js';
import { find } from './dom.js';

// A file is sent as it is if the server reads its format and it is no larger than this. Any other
// is sent as a JPEG.
const FORMATS = ['image/png', 'image/jpeg'];
const SIDE = 1280;            // pixels of the longer side
const BYTES = 2 << 20;
const QUALITY = 0.92;         // of the JPEG

export class Photos {
  #latest = 0;                // counts files, so that a slow one does not replace a later one
  #on;

  // on.wanted() reports whether a photo can be used now; on.photo({ picture, base64 }) is called
  // with each, and on.problem(problem) where a file is no image.
  constructor(on) {
    this.#on = on;
    for (const [button, input] of [['#photo', '#photo-file'], ['#camera', '#camera-file']]) {
      find(button).addEventListener('click', () => find(input).click());
      find(input).addEventListener('change', ({ target }) => {
        this.#take(target.files);
        target.value = '';    // so that the same file can be chosen again
      });
    }
    this.#listenToDrops();
    addEventListener('paste', (event) => {
      if (!on.wanted() || !event.clipboardData?.files.length) return;
      event.preventDefault();
      this.#take(event.clipboardData.files);
    });
  }

  // A file may be dropped anywhere: beside the board, the browser would leave the page for it.
  #listenToDrops() {
    const board = find('.board');
    const holdsFile = (event) => event.dataTransfer?.types.includes('Files');
    addEventListener('dragover', (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = this.#on.wanted() ? 'copy' : 'none';
      board.dataset.drop = true;
    });
    addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) delete board.dataset.drop;   // the file left the window
    });
    addEventListener('drop', (event) => {
      delete board.dataset.drop;
      if (!holdsFile(event)) return;
      event.preventDefault();
      if (this.#on.wanted()) this.#take(event.dataTransfer.files);
    });
  }

  async #take(files) {
    const file = [...files].find(({ type }) => type.startsWith('image/')) ?? files[0];
    if (!file) return;
    const turn = ++this.#latest;
    try {
      const photo = await read(file);
      if (turn === this.#latest) this.#on.photo(photo);
    } catch (problem) {
      if (turn === this.#latest) this.#on.problem(problem);
    }
  }
}

// read returns a photo as { picture, base64 }: a canvas to show, upright, and the bytes to send.
async function read(file) {
  const picture = await reduced(file);
  const fits = FORMATS.includes(file.type) && file.size <= BYTES && !picture.smaller;
  if (fits) return { picture: picture.canvas, base64: await base64(file) };
  const jpeg = await new Promise((made) => picture.canvas.toBlob(made, 'image/jpeg', QUALITY));
  return { picture: picture.canvas, base64: await base64(jpeg) };
}

// reduced decodes a file as the browser does, with its orientation, whatever format that reads.
async function reduced(file) {
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
  context.fillStyle = '#fff';                     // paper, where an image is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, smaller: scale < 1 };
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Problem('The file cannot be read.'));
    reader.readAsDataURL(blob);
  });
}
