/** The one question the page asks back: whether the session shall really end. */

/** Sets the question up; `end` ends the session and answers {ok, message}, `stay` goes back to the desktop. */
export function watchEnding(page, end, stay) {
  const part = (id) => page.getElementById(id);
  const really = part("end-really");

  part("end").addEventListener("click", () => {
    part("end-trouble").textContent = "";
    part("end-dialog").showModal();
  });

  part("end-dialog").addEventListener("close", stay);

  really.addEventListener("click", async () => {
    really.disabled = true;
    const answer = await end();
    really.disabled = false;
    part("end-trouble").textContent = answer.ok ? "" : answer.message;
    if (answer.ok || answer.code === "session_ended") {
      part("end-dialog").close();
    }
  });
}
