/** How the page and the picture's frame come together. */

/**
 * Gives the frame its port, as soon as it is there: it says so when it has loaded, and once more when asked, for it
 * may have loaded first. What is said through the port before that waits in it.
 */
export function meet(frame, port) {
  const window = frame.ownerDocument.defaultView;
  const hear = ({ source, data }) => {
    if (source === frame.contentWindow && data?.kind === "ready") {
      window.removeEventListener("message", hear);
      source.postMessage({ kind: "hello" }, "*", [port]);
    }
  };
  window.addEventListener("message", hear);
  frame.contentWindow.postMessage({ kind: "hello" }, "*");
}
