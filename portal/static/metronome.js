/** A worker that only waits: browsers slow the timers of hidden pages down to one a minute, those of workers not. */

let timer;

self.onmessage = ({ data }) => {
  clearTimeout(timer);
  if (data !== null) timer = setTimeout(() => self.postMessage(null), data);
};
