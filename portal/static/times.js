/** Durations as the board writes them: `35 s`, `12 min`, `2 h 05 min`, `3 d 4 h`. The page comes with the same words. */

export function lasting(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return minutes ? `${minutes} min` : `${seconds} s`;
}

/** What is left of a time; minutes are rounded up, so that two hours begin as two hours. */
export function remaining(milliseconds) {
  return lasting(milliseconds > 60_000 ? Math.ceil(milliseconds / 60_000) * 60_000 : milliseconds);
}

/** Writes anew, below `root`, how long ago or how far ahead each marked time is; `now` in milliseconds. */
export function tick(root, now) {
  for (const time of root.querySelectorAll("time[data-since], time[data-until]")) {
    const distance = now - Date.parse(time.dateTime);
    const words = "since" in time.dataset ? lasting(distance) : remaining(-distance);
    if (time.textContent !== words) time.textContent = words;
  }
}
