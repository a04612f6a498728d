// Requests while the user draws: one at a time, the newest drawing next, at most ten a second.

import { call, pause, withRetries } from './api.js';

const INTERVAL = 100; // ms between the starts of two requests

export class Asker {
  #newest = 0;       // number of the newest change
  #settled = 0;      // number of the newest change that was answered or refused
  #running = false;
  #next = 0;         // when the next request may start
  #controller = new AbortController();
  #on;

  // on.request() returns the request to send now, { path, body, ... }, or null if there is none.
  // on.answered(value, request), on.refused(problem, request) and on.nothing() show the outcome.
  // on.busy(isBusy) is called when the shown answer becomes outdated, and when it is current again.
  // on.waiting and on.authorize are those of withRetries.
  constructor(on) {
    this.#on = on;
  }

  get busy() { return this.#newest !== this.#settled; }

  // extended sends a new request. The answer to the running one is still shown.
  extended() {
    this.#newest++;
    this.#on.busy(true);
    this.#run();
  }

  // replaced cancels the running request and sends a new one.
  replaced() {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.extended();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    while (this.busy) {
      try {
        await this.#ask(this.#controller.signal);
      } catch (error) {
        if (error.name !== 'AbortError') {
          this.#settled = this.#newest;
          this.#on.refused(error, null);
        }
      }
    }
    this.#running = false;
    this.#on.busy(false);
  }

  async #ask(signal) {
    let change, request, value;
    try {
      value = await withRetries(async () => {
        if (this.#on.request()) await pause(this.#next - performance.now(), signal);
        signal.throwIfAborted();
        change = this.#newest;            // a retry sends the newest change too
        request = this.#on.request();
        this.#next = performance.now() + INTERVAL;
        return request && await call(request.path, { body: request.body(), signal });
      }, {
        signal,
        authorize: this.#on.authorize,
        waiting: (problem, wait) => {
          this.#next = performance.now() + wait * 1000;
          this.#on.waiting(problem, wait);
        },
      });
    } catch (problem) {
      if (problem.name === 'AbortError') throw problem;
      this.#settled = change;
      return this.#on.refused(problem, request);
    }
    signal.throwIfAborted();
    this.#settled = change;
    if (request) this.#on.answered(value, request);
    else this.#on.nothing();
  }
}
