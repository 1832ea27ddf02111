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
  #state = "off";

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
    const before = this.#state;
    this.#state = session.recording ?? "off";
    this.#say(words(session), this.#state === "running");
    this.#dress(session.recording_policy);
    if (this.#state === "wanted" && before !== "wanted") {
      this.#expect("running");
    }
  }

  get #isOn() {
    return this.#state !== "off";
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
      button.setAttribute("aria-pressed", String(this.#isOn));
      button.title = this.#isOn ? "Stop recording" : "Record";
    }
  }

  async #turn() {
    const on = !this.#isOn;
    const answer = await this.#portal.record(on);
    if (!answer.ok) {
      this.#say(`Not switched: ${answer.message}`);
      return;
    }
    this.#told(answer);
    if (!on) {
      this.#expect("off");
    }
  }

  /** Looks again soon, until the listener has done what was decided; it gives up where that takes too long. */
  #expect(state) {
    this.#round += 1;
    this.#lookLater(this.#round, state, LOOKS);
  }

  #lookLater(round, state, [wait, ...waits]) {
    if (wait !== undefined) {
      this.#later(() => this.#look(round, state, waits), wait);
    }
  }

  async #look(round, state, waits) {
    if (round !== this.#round || this.#state === state) {
      return;
    }
    const session = await this.#portal.readSession();
    if (session.ok) {
      this.#told(session);
    }
    this.#lookLater(round, state, waits);
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
