// Small things the other modules share.

export const find = (selector) => document.querySelector(selector);

// element makes an element with attributes and children; strings are text.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// setText leaves an unchanged text alone, so that it is not read out again.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === '';
}

// capitalized begins what the server says with a capital. What people wrote stands in quotes, and stays.
export function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// percent is a probability for people: never rounded up to certainty, nor down to nothing.
export function percent(p) {
  if (p < 0.00001) return '<\u202f0.001\u202f%';
  if (p < 0.001) return `${Number((100 * p).toPrecision(1))}\u202f%`;
  const tenths = p < 1 ? Math.min(999, Math.round(1000 * p)) : 1000;
  return `${(tenths / 10).toFixed(1)}\u202f%`;
}
