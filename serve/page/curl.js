// The page's question as a command for a shell.

import { find, setText } from './dom.js';

const NOTICE = 4_000; // ms that a notice is shown

export class Curl {
  #button = find('#curl');
  #notice = find('#copied');
  #shown = find('#command');
  #timer = 0;

  // asked() returns what the command sends: { path, fields, token }.
  constructor(asked) {
    this.#button.addEventListener('click', () => {
      if (this.#button.ariaDisabled !== 'true') this.#copy(command(asked()));
    });
  }

  set enabled(is) { this.#button.setAttribute('aria-disabled', !is); }

  async #copy(line) {
    let copied = true;
    try {
      await navigator.clipboard.writeText(line);
    } catch {               // a browser may keep its clipboard from a page, as from one without TLS
      copied = false;
      this.#shown.hidden = false;
      this.#shown.value = line;
      this.#shown.select();
    }
    if (copied) this.#shown.hidden = true;
    setText(this.#notice, copied ? 'Copied.' : 'Copy it from here:');
    clearTimeout(this.#timer);
    if (copied) this.#timer = setTimeout(() => setText(this.#notice, ''), NOTICE);
  }
}

// command is a curl command that sends fields as JSON, for any POSIX shell. A token is left to the
// shell's variable TOKEN.
function command({ path, fields, token }) {
  return [
    'curl', '-sS', quoted(new URL(path, document.baseURI).href),
    ...(token ? ['-H', '"Authorization: Bearer $TOKEN"'] : []),
    '-H', quoted('Content-Type: application/json'),
    '-d', quoted(JSON.stringify(fields)),
  ].join(' ');
}

// quoted is a word in single quotes, in which nothing but a single quote has a meaning.
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

// pixels reads the greys of an image that is loaded, row after row.
export function pixels(image) {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
}
