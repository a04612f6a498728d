// Talking to the server: one request, and one that is repeated until there is something to show.

import { capitalized } from './dom.js';

const SLOW = 15_000;                                    // ms without an answer count as unreachable
const TOKEN = 'braid token';                            // its name in sessionStorage

// Problem is an answer that is none. Its message is for people. retry is how many seconds to wait
// before trying again, or undefined if that would change nothing.
export class Problem extends Error {
  constructor(message, { status = 0, retry } = {}) {
    super(message);
    this.status = status;
    this.retry = retry;
  }
}

export const token = {
  get value() { return sessionStorage.getItem(TOKEN); },
  set value(text) { sessionStorage.setItem(TOKEN, text); },
};

// call GETs a path beside the page, or POSTs body to it, and returns the JSON that comes back.
export async function call(path, { body, signal } = {}) {
  const headers = {};
  if (body) headers['Content-Type'] = 'application/json';
  if (token.value) headers.Authorization = `Bearer ${token.value}`;

  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), SLOW);
  const drop = () => slow.abort();
  signal?.addEventListener('abort', drop);
  let response, value;
  try {
    response = await fetch(path, {
      method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
      headers, signal: slow.signal, cache: 'no-store', credentials: 'same-origin',
    });
    value = await response.json().catch((wrong) => {
      if (wrong instanceof SyntaxError) return null;    // not JSON: from something in between
      throw wrong;                                      // the connection broke half-way
    });
  } catch {
    signal?.throwIfAborted();
    throw new Problem('The server cannot be reached.', { retry: 1 });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', drop);
  }
  if (response.ok && value) return value;
  const { status, statusText } = response;
  throw new Problem(value?.error ? capitalized(value.error) : `The server answered ${status} ${statusText}.`.replace(' .', '.'), {
    status,
    retry: [429, 502, 503, 504].includes(status) ? seconds(response.headers.get('Retry-After')) : undefined,
  });
}

// patiently repeats attempt() while it is worth it. before(problem, seconds) is called before each
// wait; allowed(problem) is called when a token is wanted, and waited for.
export async function patiently(attempt, { before, allowed, signal }) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (problem) {
      signal?.throwIfAborted();
      if (problem.status === 401) {
        await allowed(problem);
        continue;
      }
      if (problem.retry === undefined) throw problem;
      const wait = problem.status ? problem.retry : Math.min(8, 2 ** tries);
      before(problem, wait);
      await pause(wait * 1000, signal);
    }
  }
}

// pause waits, but not longer than until the signal, or until the network is back.
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal?.addEventListener('abort', done);
  });
}

// seconds reads Retry-After: a number of seconds, or a date.
function seconds(header) {
  const number = Number(header ?? 1);
  const wait = Number.isNaN(number) ? (Date.parse(header) - Date.now()) / 1000 : number;
  return Math.min(60, Math.max(0.25, wait || 0));
}
