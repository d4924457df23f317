/* Quotes pinned across the turns of a conversation, with notes; the server keeps them with it. */
(() => {
  "use strict";

  const { press, query, queryAll, reason, request, say, thread } = window.chapterAndVerse;
  const box = () => query(".cv-brief");
  const path = (...more) => ["/own/pins", encodeURIComponent(thread().dataset.conversation), ...more].join("/");
  const place = (chip) => `${chip.dataset.document}:${chip.dataset.start}-${chip.dataset.end}`;
  const chipOf = (button) => query(".cv-chip", button.closest("figcaption"));
  const pinned = (chip) => queryAll("[data-place]", box() ?? document).find((one) => one.dataset.place === place(chip));

  let known = "";

  /* Show what the server has, and leave open what was open. */
  async function show(response) {
    if (!response?.ok || !box()) return false;
    const open = box().open;
    box().outerHTML = await response.text();
    box().open = open && !box().hidden;
    mark();
    return true;
  }

  function mark() {
    for (const button of queryAll("[data-pin]")) {
      const held = Boolean(pinned(chipOf(button)));
      button.setAttribute("aria-pressed", String(held));
      button.textContent = held ? "Pinned" : "Pin";
    }
  }

  async function pin(button) {
    const chip = chipOf(button);
    const held = pinned(chip);
    const [turn, position] = chip.dataset.open.split(".").map(Number);
    const response = held
      ? await request(path(held.dataset.number), { method: "DELETE" })
      : await request(path(), { method: "POST", body: { turn, position } });
    if (await show(response)) say(held ? "The quote was taken out of the brief." : "The quote was pinned.");
    else say(await reason(response, "The quote could not be pinned."));
  }

  async function unpin(button) {
    const { number } = button.closest("[data-number]").dataset;
    if (await show(await request(path(number), { method: "DELETE" }))) query("summary", box())?.focus();
  }

  async function note(field) {
    const response = await request(path(field.closest("[data-number]").dataset.number), { method: "PATCH", body: { note: field.value } });
    say(response?.ok ? "The note was kept." : "The note could not be kept.");
  }

  async function save(button) {
    const response = await request(path(button.dataset.brief));
    if (response?.ok) window.chapterAndVerse.download(await response.blob(), `brief${button.dataset.suffix}`);
    else say("The brief could not be saved.");
  }

  press({ "[data-pin]": pin, "[data-unpin]": unpin, "[data-brief]": save });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-note]")) note(event.target);
  });

  /* Another conversation is shown, or the same one with another answer. */
  async function changed() {
    const conversation = thread()?.dataset.conversation ?? "";
    if (conversation === known) { mark(); return; }
    known = conversation;
    if (conversation) await show(await request(path()));
    else if (box()) box().hidden = true;
  }

  document.addEventListener("cv-begun", () => {
    new MutationObserver((changes) => {
      const turns = changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.matches?.(".cv-thread, :has(.cv-thread)")));
      if (turns) changed();
    }).observe(query("#cv-thread"), { childList: true, subtree: true });
    changed();
  });
})();
