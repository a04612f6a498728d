// Asking as people draw: one request under way, the newest drawing next, ten a second at most.

import { call, pause, patiently } from './api.js';

const APART = 100; // ms between the starts of two requests

export class Asker {
  #wanted = 0;       // grows with each change
  #settled = 0;      // the newest change that is answered
  #running = false;
  #next = 0;         // when the next request may start
  #cancel = new AbortController();
  #on;

  // on.request() returns what to ask now, { path, body, ... }, or null if there is nothing to ask.
  // on.answered(value, request), on.refused(problem, request) and on.nothing() show an outcome;
  // on.busy(bool) says whether what is shown lags behind; on.before and on.allowed: see patiently.
  constructor(on) {
    this.#on = on;
  }

  get busy() { return this.#wanted !== this.#settled; }

  // The drawing has grown: answers to what it was are still worth showing.
  grown() {
    this.#wanted++;
    this.#on.busy(true);
    this.#run();
  }

  // What is asked is another thing now: answers under way are of no use.
  changed() {
    this.#cancel.abort();
    this.#cancel = new AbortController();
    this.grown();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    while (this.busy) {
      try {
        await this.#round(this.#cancel.signal);
      } catch (wrong) {
        if (wrong.name !== 'AbortError') {
          this.#settled = this.#wanted;
          this.#on.refused(wrong, null);
        }
      }
    }
    this.#running = false;
    this.#on.busy(false);
  }

  async #round(signal) {
    let revision, request, value;
    try {
      value = await patiently(async () => {
        if (this.#on.request()) await pause(this.#next - performance.now(), signal);
        signal.throwIfAborted();
        revision = this.#wanted;          // the newest, also when this is another try
        request = this.#on.request();
        this.#next = performance.now() + APART;
        return request && await call(request.path, { body: request.body(), signal });
      }, {
        signal,
        allowed: this.#on.allowed,
        before: (problem, wait) => {
          this.#next = performance.now() + wait * 1000;
          this.#on.before(problem, wait);
        },
      });
    } catch (problem) {
      if (problem.name === 'AbortError') throw problem;
      this.#settled = revision;
      return this.#on.refused(problem, request);
    }
    signal.throwIfAborted();
    this.#settled = revision;
    if (request) this.#on.answered(value, request);
    else this.#on.nothing();
  }
}
