// The parts of a browser that the modules need, and a clock that tests move.
import { mock } from "node:test";

const listeners = new EventTarget();

/** Put a browser's globals in place; `respond(url, options)` answers requests with `[status, body]`, or throws. */
export function install(respond) {
  const dispatch = (name) => listeners.dispatchEvent(new Event(name));
  const browser = { requests: [], streams: [], sockets: [], online: true, dispatch };
  class EventSource extends EventTarget {
    static CLOSED = 2;
    readyState = 0;
    constructor(url) {
      super();
      this.url = url;
      browser.streams.push(this);
      setImmediate(() => browser.onStream?.(this));
    }
    /** What a browser does when the response is no event stream. */
    reject() {
      this.readyState = EventSource.CLOSED;
      this.dispatchEvent(new Event("error"));
    }
    close() {
      this.readyState = EventSource.CLOSED;
    }
  }
  class WebSocket extends EventTarget {
    static OPEN = 1;
    readyState = 0;
    constructor(url) {
      super();
      this.url = url;
      browser.sockets.push(this);
      setImmediate(() => browser.onSocket?.(this));
    }
    open() {
      this.readyState = WebSocket.OPEN;
      this.dispatchEvent(new Event("open"));
    }
    message(content) {
      this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(content) }));
    }
    close() {
      this.readyState = 3;
      this.dispatchEvent(new Event("close"));
    }
  }
  const globals = {
    EventSource,
    WebSocket,
    navigator: { get onLine() { return browser.online; }, language: "en" },
    document: { baseURI: "https://shop.example/page", documentElement: null },
    addEventListener: listeners.addEventListener.bind(listeners),
    removeEventListener: listeners.removeEventListener.bind(listeners),
    fetch: async (url, options) => {
      browser.requests.push(`${options?.method ?? "GET"} ${new URL(url).pathname}`);
      const [status, body] = await respond(new URL(url), options);
      return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return browser;
}

/** Use a clock of the tests: only `until` moves it. */
export function stopClock() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
}

/** What no clock of the tests moves, such as the digest of a file in a thread, gets this much of the real one. */
const PATIENCE = 10_000;

/** Move the clock second by second until a promise is settled; return the seconds and the outcome. */
export async function until(promise, limit) {
  let outcome = null;
  promise.then((value) => (outcome = { value }), (error) => (outcome = { error }));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (let seconds = 0; seconds <= limit; seconds += 1) {
    for (let turns = 0; turns < 5; turns += 1) await turn();
    if (outcome) return { seconds, ...outcome };
    mock.timers.tick(1000);
  }
  const end = performance.now() + PATIENCE;
  while (!outcome && performance.now() < end) await turn();
  if (outcome) return { seconds: limit, ...outcome };
  throw new Error(`not settled after ${limit} s`);
}
