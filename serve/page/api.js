// Requests to the server, with retries.

import { capitalized } from './dom.js';

const TIMEOUT = 15_000;               // ms; after that the server counts as unreachable
const TOKEN_KEY = 'braid token';      // in sessionStorage

// Problem is a failed request, or a file that is not an image. Its message is shown to the user.
// retry is the number of seconds to wait before trying again, or undefined if a retry is useless.
// field is the name of the field that it is about, if it is one.
export class Problem extends Error {
  constructor(message, { status = 0, retry, field } = {}) {
    super(message);
    this.status = status;
    this.field = field;
    this.retry = retry;
  }
}

export const token = {
  get value() { return sessionStorage.getItem(TOKEN_KEY); },
  set value(text) { sessionStorage.setItem(TOKEN_KEY, text); },
};

// call sends a GET to a path relative to the page, or a POST if there is a body. It returns the
// JSON of the answer, and throws a Problem if the request fails.
export async function call(path, { body, signal } = {}) {
  const headers = {};
  if (body) headers['Content-Type'] = 'application/json';
  if (token.value) headers.Authorization = `Bearer ${token.value}`;

  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, TIMEOUT);
  signal?.addEventListener('abort', abort);
  let response, value;
  try {
    response = await fetch(path, {
      method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
      headers, signal: controller.signal, cache: 'no-store', credentials: 'same-origin',
    });
    value = await response.json().catch((error) => {
      if (error instanceof SyntaxError) return null;    // not JSON: the answer of a proxy
      throw error;                                      // the connection broke
    });
  } catch {
    signal?.throwIfAborted();
    throw new Problem('The server cannot be reached.', { retry: 1 });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  if (response.ok && value) return value;
  const { status, statusText } = response;
  const plain = `The server answered ${status} ${statusText}.`.replace(' .', '.');
  throw new Problem(value?.error ? capitalized(value.error) : plain, {
    status,
    field: value?.field,
    retry: [429, 502, 503, 504].includes(status) ? retrySeconds(response.headers.get('Retry-After')) : undefined,
  });
}

// withRetries repeats attempt() until it succeeds or a retry is useless. It calls waiting(problem,
// seconds) before each pause. If the server requires a token, it awaits authorize(problem).
export async function withRetries(attempt, { waiting, authorize, signal }) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (problem) {
      signal?.throwIfAborted();
      if (problem.status === 401) {
        await authorize(problem);
        continue;
      }
      if (problem.retry === undefined) throw problem;
      const wait = problem.status ? problem.retry : Math.min(8, 2 ** tries);
      waiting(problem, wait);
      await pause(wait * 1000, signal);
    }
  }
}

// pause waits. It ends early if the signal aborts or the network comes back.
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

// retrySeconds reads Retry-After, which is a number of seconds or a date.
function retrySeconds(header) {
  const number = Number(header ?? 1);
  const wait = Number.isNaN(number) ? (Date.parse(header) - Date.now()) / 1000 : number;
  return Math.min(60, Math.max(0.25, wait || 0));
}
