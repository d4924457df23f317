/* What people expect of a chat: copying, saving, votes, finding a document, light and dark. */
(() => {
  "use strict";

  const { say, thread } = window.chapterAndVerse;
  const query = (selector, root = document) => root.querySelector(selector);

  /* --- copying --- */

  async function copy(button) {
    const exact = query("[data-exact]", button.closest("figure")).textContent;
    const done = await put(`${exact}\n— ${button.dataset.copy}`);
    const words = button.textContent;
    button.textContent = done ? "Copied" : "Not copied";
    say(done ? "The quote was copied with its citation." : "The quote could not be copied.");
    setTimeout(() => { button.textContent = words; }, 1600);
  }

  async function put(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      /* Without a secure context, and in a frame without the permission, there is only the old way. */
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  function save(kind) {
    const link = document.createElement("a");
    link.href = `/own/conversation/${encodeURIComponent(thread().dataset.conversation)}.${kind}`;
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  }

  /* --- the list of documents --- */

  async function filter(field) {
    const words = field.value;
    const response = await fetch(`/own/listing?${new URLSearchParams({ words })}`).catch(() => null);
    if (response?.ok && field.value === words) query(".cv-listing").innerHTML = await response.text();
  }

  /* --- thumbs --- */

  async function vote(button, reason = "") {
    const box = button.closest(".cv-votes");
    const response = await fetch("/own/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        conversation: thread().dataset.conversation,
        turn: Number(box.dataset.turn),
        vote: button.dataset.vote,
        reason,
      }),
    }).catch(() => null);
    if (!response?.ok) { say("That could not be kept."); return false; }
    for (const other of box.querySelectorAll("[data-vote]")) other.setAttribute("aria-pressed", String(other === button));
    return true;
  }

  /* --- light and dark --- */

  function changeTheme() {
    const dark = document.body.classList.toggle("dark");
    const address = new URL(location.href);
    address.searchParams.set("__theme", dark ? "dark" : "light");
    history.replaceState(history.state, "", address);
  }

  const clicks = {
    "[data-copy]": copy,
    "[data-export]": (button) => save(button.dataset.export),
    "[data-theme]": changeTheme,
    "[data-vote]": async (button) => {
      if (!await vote(button)) return;
      const form = query("form", button.closest(".cv-votes"));
      form.hidden = false;
      query("input", form).focus();
    },
  };

  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const target = event.target.closest(selector);
      if (target) { act(target); return; }
    }
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest(".cv-why");
    if (!form) return;
    event.preventDefault();
    const pressed = query("[aria-pressed=true]", form.closest(".cv-votes"));
    if (pressed && await vote(pressed, query("input", form).value.trim())) {
      form.hidden = true;
      say("Thank you.");
      pressed.focus();
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
})();
