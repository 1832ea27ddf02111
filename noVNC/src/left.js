/** How much of a session's time is left, in words. */

const MINUTE = 60_000;

/** Milliseconds under which the end is near. */
export const NEAR_END = 10 * MINUTE;

/** Words for what is left until `end`, at `now`; both are Dates. */
export function timeLeft(end, now) {
  const minutes = Math.ceil((end - now) / MINUTE);
  if (minutes <= 0) {
    return "Time is up";
  }
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [hours ? `${hours} h` : "", rest || !hours ? `${rest} min` : ""];
  return `${parts.filter(Boolean).join(" ")} left`;
}

/** Words for how long ago something was, in milliseconds. */
export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) {
    return `${seconds} s ago`;
  }
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** Words for so many bytes a second. */
export function rate(bytes) {
  if (bytes < 1000) {
    return `${bytes} B/s`;
  }
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB/s` : `${(bytes / 1_000_000).toFixed(1)} MB/s`;
}
