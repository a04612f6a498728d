// The shown request as a curl command.

import { find, setText } from './dom.js';

const NOTICE_TIME = 4_000; // ms

export class Curl {
  #button = find('#curl');
  #notice = find('#copied');
  #shown = find('#command');
  #timer = 0;

  // content() returns what the command sends: { path, fields, token }. A field that is a photo is
  // sent as a file of its name. token is true if the server requires one.
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

// command returns a curl command for any POSIX shell that sends fields as JSON, or as a form if
// there are files among them. It reads a token from the shell's variable TOKEN.
function command({ path, fields, token }) {
  const hasFiles = Object.values(fields).some((value) => value.picture);
  return [
    'curl', '-sS', quoted(new URL(path, document.baseURI).href),
    ...(token ? ['-H', '"Authorization: Bearer $TOKEN"'] : []),
    ...(hasFiles ? form(fields)
      : ['-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(fields))]),
  ].join(' ');
}

// form returns the arguments that send fields as a form. A name with a = would end there for curl.
function form(fields) {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value.picture) return ['-F', quoted(`${name}=@"${value.file?.name ?? 'picture.jpg'}"`)];
    return ['--form-string', quoted(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)];
  });
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
