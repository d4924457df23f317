/* What people expect of a chat: copying, saving, votes, light and dark. */
(() => {
  "use strict";

  const { press, query, reason, request, say, tellTimes, thread } = window.chapterAndVerse;

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

  async function save(button) {
    const only = query("input:checked", button.closest(".cv-save"))?.dataset.turn;
    const address = `/own/conversation/${encodeURIComponent(thread().dataset.conversation)}/${button.dataset.export}`;
    const response = await request(only ? `${address}?turn=${only}` : address);
    if (response?.ok) download(await response.blob(), `${only ? "answer" : "conversation"}${button.dataset.suffix}`);
    else say("The conversation could not be saved.");
  }

  function download(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  window.chapterAndVerse.download = download;

  /* --- the kept conversations --- */

  async function list() {
    const words = query("#cv-words")?.value ?? "";
    const response = await request(`/own/conversations?${new URLSearchParams({ words })}`);
    const box = query(".cv-list");
    if (response?.ok && box && (query("#cv-words")?.value ?? "") === words) {
      box.innerHTML = await response.text();
      tellTimes(box);
    } else if (!response?.ok) say("The list cannot be shown now.");
  }

  const kept = (part) => `/own/conversation/${encodeURIComponent(part.closest("[data-kept]").dataset.kept)}`;

  async function remove(button) {
    const response = await request(kept(button), { method: "DELETE" });
    say(response?.ok ? "The conversation was deleted." : "It could not be deleted.");
    list();
  }

  async function verify(button) {
    const id = encodeURIComponent(thread().dataset.conversation);
    const response = await request(`/own/conversation/${id}/verify`, { method: "POST" });
    if (!response?.ok) { say("The quotes could not be verified."); return; }
    const foot = button.closest("footer");
    query(".cv-verified", foot)?.remove();
    const note = document.createElement("div");
    note.className = "cv-verified";
    note.innerHTML = await response.text();
    foot.append(note);
    note.scrollIntoView({ block: "nearest" });
    say(query("p", note).textContent);
  }

  async function share(button) {
    const id = encodeURIComponent(thread().dataset.conversation);
    const response = await request(`/own/conversation/${id}/share`, { method: "POST" });
    const found = response?.ok ? await response.json() : null;
    if (!found) { say("It could not be shared."); return; }
    const link = document.createElement("a");
    link.href = new URL(found.address, location.href);
    link.textContent = link.href;
    link.target = "_blank";
    const note = document.createElement("p");
    note.className = "cv-shared";
    note.append("Whoever has this link can read the conversation as it stands now, and not change it: ", link);
    button.closest("footer").append(note);
    note.scrollIntoView({ block: "nearest" });
    say(await put(link.href) ? "The link was copied." : "The link stands below.");
    button.disabled = true;
  }

  /* --- checking a draft --- */

  let checked = "";

  async function check() {
    const report = query(".cv-report");
    report.textContent = "Reading the documents…";
    checked = query("#cv-draft").value;
    const response = await request("/own/draft", { method: "POST", body: { text: checked } });
    if (response?.ok) report.innerHTML = await response.text();
    else report.textContent = await reason(response);
  }

  async function saveReport({ dataset }) {
    const response = await request(`/own/draft/${dataset.report}`, { method: "POST", body: { text: checked } });
    if (response?.ok) download(await response.blob(), `report${dataset.suffix}`);
    else say("The report could not be saved.");
  }

  /* The server reads the file: a Word document is no text to a browser. */
  async function take(file) {
    const response = await request(`/own/draft?${new URLSearchParams({ name: file.name })}`, { method: "PUT", file });
    if (response?.ok) query("#cv-draft").value = await response.text();
    else query(".cv-report").textContent = await reason(response);
  }

  document.addEventListener("dragover", (event) => {
    if (event.target.id === "cv-draft" && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    const file = event.target.id === "cv-draft" && event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-draft]")) return;
    take(event.target.files[0]);
    event.target.value = "";
  });

  /* --- thumbs --- */

  async function vote(button, reason = "") {
    const box = button.closest(".cv-votes");
    const { conversation } = thread().dataset;
    const body = { conversation, turn: Number(box.dataset.turn), vote: button.dataset.vote, reason };
    const response = await request("/own/feedback", { method: "POST", body });
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

  press({
    "[data-copy]": copy,
    "[data-export]": save,
    "[data-theme]": changeTheme,
    "[data-share]": share,
    "[data-verify]": verify,
    "[data-delete]": remove,
    "[data-report]": saveReport,
    "[data-vote]": async (button) => {
      if (!await vote(button)) return;
      const form = query("form", button.closest(".cv-votes"));
      form.hidden = false;
      query("input", form).focus();
    },
  });

  document.addEventListener("toggle", ({ target }) => {
    if (target.open && target.matches(".cv-foot details")) target.lastElementChild.scrollIntoView({ block: "nearest" });
  }, { capture: true });

  document.addEventListener("cv-conversations", list);

  document.addEventListener("submit", async (event) => {
    if (event.target.matches(".cv-check")) { event.preventDefault(); check(); return; }
    const rename = event.target.closest(".cv-rename form");
    if (rename) {
      event.preventDefault();
      const response = await request(kept(rename), { method: "PATCH", body: { title: query("input", rename).value } });
      say(response?.ok ? "The conversation was renamed." : "It could not be renamed.");
      list();
      return;
    }
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
    if (event.target.matches("#cv-words")) list();
  });
})();
