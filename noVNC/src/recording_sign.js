/** Says in the bar whether the call is recorded, and lets the technician switch that where the policy leaves it to them. */

/** Milliseconds until the next looks at a recording that was just switched: it begins within a second or so. */
const LOOKS = [700, 1_500, 3_000, 6_000];

/** What is said about the recording of a session as the portal describes it; empty where there is nothing to say. */
export function words({ recording, recording_trouble: trouble }) {
  if (recording === "running") {
    return "Recording";
  }
  if (trouble) {
    return `Not recording: ${trouble}`;
  }
  return recording === "wanted" ? "Recording begins…" : "";
}

export class RecordingSign {
  #page;
  #portal;
  #told;
  #later;
  #round = 0;
  #on = false;

  /** portal: a Portal. told: (session) → nothing, what the portal answered. later: as in Viewer. */
  constructor(page, { portal, told, later }) {
    this.#page = page;
    this.#portal = portal;
    this.#told = told;
    this.#later = later;
    this.#part("record")?.addEventListener("click", () => { void this.#turn(); });
  }

  /** Shows how it is, as the portal describes the session. */
  describe(session) {
    this.#on = session.recording !== undefined && session.recording !== "off";
    this.#say(words(session), session.recording === "running");
    this.#dress(session.recording_policy);
  }

  /** The sign is a live region, and stays on the page while it is empty. */
  #say(text, isRunning = false) {
    this.#write("recording-words", text);
    this.#part("recording-sign").dataset.state = text === "" ? "none" : (isRunning ? "running" : "not");
  }

  #dress(policy) {
    const button = this.#part("record");
    if (button) {
      button.hidden = policy !== "on-demand";
      button.setAttribute("aria-pressed", String(this.#on));
      button.title = this.#on ? "Stop recording" : "Record";
    }
  }

  async #turn() {
    const answer = await this.#portal.record(!this.#on);
    if (answer.ok) {
      this.#told(answer);
      this.#lookLater(++this.#round, LOOKS);
    } else {
      this.#say(`Not switched: ${answer.message}`);
    }
  }

  /** Looks again soon, until the listener has done what was decided, or something else was. */
  #lookLater(round, [wait, ...waits]) {
    if (wait !== undefined && round === this.#round) {
      this.#later(() => this.#look(round, waits), wait);
    }
  }

  async #look(round, waits) {
    const session = await this.#portal.readSession();
    if (session.ok) {
      this.#told(session);
    }
    if (!session.ok || session.recording === "wanted") {
      this.#lookLater(round, waits);
    }
  }

  /** Writes only what changed, so that a live region does not say the same twice. */
  #write(id, text) {
    const element = this.#part(id);
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
