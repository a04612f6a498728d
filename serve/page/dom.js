// Helpers for the DOM and for texts.

export const find = (selector) => document.querySelector(selector);

// element returns a new element with attributes and children. A child may be a string.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// setText sets the text of an element, and hides the element if it is empty. An unchanged text is
// not set again, because screen readers would read it again.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === '';
}

// capitalized returns a text that begins with a capital letter. Texts of users begin with a quote
// in the server's messages, so they stay unchanged.
export function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// percent formats a probability. It is never rounded up to 100 % or down to 0 %.
export function percent(p) {
  if (p < 0.00001) return '<\u202f0.001\u202f%';
  if (p < 0.001) return `${Number((100 * p).toPrecision(1))}\u202f%`;
  const tenths = p < 1 ? Math.min(999, Math.round(1000 * p)) : 1000;
  return `${(tenths / 10).toFixed(1)}\u202f%`;
}
