// The shown request as a curl command.

import { find, setText } from './dom.js';

const NOTICE_TIME = 4_000; // ms

export class Curl {
  #button = find('#curl');
  #notice = find('#copied');
  #shown = find('#command');
  #timer = 0;

  // content() returns what the command sends: { path, fields, token }. token is true if the server
  // requires one.
  constructor(content) {
    this.#button.addEventListener('click', () => {
      if (this.#button.ariaDisabled !== 'true') this.#copy(command(content()));
    });
  }

  set enabled(isEnabled) { this.#button.setAttribute('aria-disabled', !isEnabled); }

  async #copy(line) {
    let copied = true;
    try {
      await navigator.clipboard.writeText(line);
    } catch {               // the browser denies the clipboard, for example to a page without TLS
      copied = false;
      this.#shown.hidden = false;
      this.#shown.value = line;
      this.#shown.select();
    }
    if (copied) this.#shown.hidden = true;
    setText(this.#notice, copied ? 'Copied.' : 'Copy it from here:');
    clearTimeout(this.#timer);
    if (copied) this.#timer = setTimeout(() => setText(this.#notice, ''), NOTICE_TIME);
  }
}

// command returns a curl command for any POSIX shell that sends fields as JSON. It reads a token
// from the shell's variable TOKEN.
function command({ path, fields, token }) {
  return [
    'curl', '-sS', quoted(new URL(path, document.baseURI).href),
    ...(token ? ['-H', '"Authorization: Bearer $TOKEN"'] : []),
    '-H', quoted('Content-Type: application/json'),
    '-d', quoted(JSON.stringify(fields)),
  ].join(' ');
}

// quoted returns a word in single quotes. Only a single quote has a meaning in them.
const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

// pixels returns the grey values of a loaded image, line by line.
export function pixels(image) {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
}
