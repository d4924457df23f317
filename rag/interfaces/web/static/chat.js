/* Asking, and the document beside the answer. All text comes escaped from the server; nothing here builds markup from words. */
(() => {
  "use strict";

  const query = (selector, root = document) => root.querySelector(selector);
  const queryAll = (selector, root = document) => [...root.querySelectorAll(selector)];
  const thread = () => query("#cv-thread .cv-thread");
  const panel = () => queryAll(".cv-panel").find((one) => one.closest(".cv-right") && (one.offsetParent || one.closest(".tabitem")?.offsetParent));
  const wide = () => matchMedia("(min-width: 62rem)").matches;
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const say = (words) => { const live = query("#cv-said"); if (live) live.textContent = words; };

  function ask(what) {
    thread()?.parentElement.askAgain?.(what);
  }

  /* --- the document beside the answer --- */

  let opened = null;

  async function open(chip, { focus = true } = {}) {
    const address = new URLSearchParams({
      id: chip.dataset.document,
      start: chip.dataset.start ?? 0,
      end: chip.dataset.end ?? 0,
      marks: chip.dataset.marks ?? "",
      sha256: chip.dataset.sha256 ?? "",
    });
    opened = chip.dataset.open ?? null;
    const mine = opened;
    const response = await fetch(`/own/document?${address}`).catch(() => null);
    if (mine !== opened) return;
    if (!response?.ok) {
      say("The document cannot be shown now.");
      return;
    }
    panel().innerHTML = await response.text();
    document.body.classList.add("cv-reading");
    for (const other of queryAll(".cv-chip[aria-current]")) other.removeAttribute("aria-current");
    chip.setAttribute("aria-current", "true");
    steps();
    const here = query(".cv-here", panel());
    if (here) centre(here);
    else query(".cv-text", panel()).scrollTop = 0;
    if (focus) query("h2", panel())?.focus({ preventScroll: true });
  }

  function centre(here) {
    const text = here.closest(".cv-text");
    const box = here.getBoundingClientRect();
    const frame = text.getBoundingClientRect();
    const room = Math.max(24, (frame.height - Math.min(box.height, frame.height)) / 3);
    text.scrollTo({ top: text.scrollTop + box.top - frame.top - room, behavior: still() ? "auto" : "smooth" });
  }

  /* The citations of the reply whose quote is open. */
  function siblings() {
    if (!opened) return [];
    const turn = opened.split(".")[0];
    return queryAll(`.cv-chip[data-open^="${CSS.escape(turn)}."]`);
  }

  function steps() {
    const chips = siblings();
    const at = chips.findIndex((chip) => chip.dataset.open === opened);
    for (const button of queryAll("[data-step]", panel())) {
      const to = at + Number(button.dataset.step);
      button.disabled = at < 0 || to < 0 || to >= chips.length;
      button.hidden = chips.length < 2;
    }
  }

  function step(by) {
    const chips = siblings();
    const to = chips.findIndex((chip) => chip.dataset.open === opened) + by;
    if (chips[to]) open(chips[to], { focus: false });
  }

  function close() {
    document.body.classList.remove("cv-reading");
    const chip = opened && query(`.cv-chip[data-open="${CSS.escape(opened)}"]`);
    chip?.focus();
  }

  async function more(button) {
    const address = new URLSearchParams({ id: button.dataset.more, start: button.dataset.from, end: button.dataset.to });
    const response = await fetch(`/own/piece?${address}`).catch(() => null);
    if (!response?.ok) return;
    const text = button.closest(".cv-text");
    const earlier = Number(button.dataset.to) <= Number(query(".cv-piece", text).dataset.from);
    const before = text.scrollHeight;
    const box = document.createElement("template");
    box.innerHTML = await response.text();
    const pieces = [...box.content.children];
    const keep = pieces.filter((part, at) => part.matches(".cv-piece") || (earlier ? at === 0 : at === pieces.length - 1));
    button.replaceWith(...keep);
    if (earlier) text.scrollTop += text.scrollHeight - before;
  }

  /* --- one listener each for the whole page --- */

  const clicks = {
    "[data-open], [data-show]": (chip) => open(chip),
    "[data-more]": more,
    "[data-step]": (button) => step(Number(button.dataset.step)),
    "[data-close]": close,
    "[data-ask]": (button) => ask({
      question: button.dataset.ask,
      keep: button.dataset.keep === undefined ? undefined : Number(button.dataset.keep),
    }),
  };

  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(clicks)) {
      const target = event.target.closest(selector);
      if (target) { event.preventDefault(); act(target); return; }
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".cv-again");
    if (!form) return;
    event.preventDefault();
    const text = query("input", form).value.trim();
    if (!text) return;
    const keep = Number(form.dataset.keep);
    if (form.dataset.question !== undefined) ask({ question: form.dataset.question, standalone: text, keep });
    else ask({ question: text, keep });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("cv-reading") && !wide()) { close(); return; }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); query("#cv-question textarea, #cv-question input")?.focus(); }
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });

  /* --- after every answer --- */

  let seen = "";

  function changed() {
    const now = thread();
    if (!now || now.dataset.stamp === seen) return;
    seen = now.dataset.stamp;
    document.body.classList.remove("cv-busy");
    say("");
    const hash = now.dataset.conversation ? `#c=${now.dataset.conversation}` : "";
    if (location.hash !== hash) history.replaceState(history.state, "", location.pathname + location.search + hash);
    const last = queryAll(".cv-turn", now).at(-1);
    if (!last) { window.chapterAndVerse.asked = ""; emptied(); return; }
    bringUp(last);
    const chip = query(".cv-lead .cv-chip", last);
    emptied();
    if (chip && wide()) open(chip, { focus: false });
  }

  /* Bring a turn to the top of what scrolls, which is never the page itself. */
  function bringUp(turn) {
    const scroller = turn.closest(".block");
    if (turn.previousElementSibling) turn.style.minHeight = `${scroller.clientHeight}px`;
    const top = scroller.scrollTop + turn.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTo({ top: top + 1, behavior: still() ? "auto" : "smooth" });
  }

  /* No document stands beside a turn that it does not belong to. */
  function emptied() {
    opened = null;
    document.body.classList.remove("cv-reading");
    const hint = document.createElement("p");
    hint.className = "cv-hint";
    hint.textContent = "The document opens here, at the quote.";
    panel()?.replaceChildren(hint);
  }

  const inAddress = () => (location.hash.match(/^#c=([\w-]+)$/) ?? ["", ""])[1];

  window.chapterAndVerse = {
    say,
    thread,
    asked: "",

    /* An answer is awaited: returns the id of its conversation, by which the waiting can be stopped. The server made
       it; the address knows better than the text box, which may hold the one that came with the page. */
    asking(conversation) {
      document.body.classList.add("cv-busy");
      say("Reading the documents …");
      this.asked = inAddress() || conversation;
      return this.asked;
    },

    /* The address holds a conversation's id, and may hold a question, which is asked once and then taken out. */
    fromAddress() {
      const address = new URL(location.href);
      const question = address.searchParams.get("question") ?? "";
      if (!question) return [inAddress(), ""];
      address.searchParams.delete("question");
      history.replaceState(history.state, "", address);
      return [this.asking(""), question];
    },
  };

  const watcher = new MutationObserver(changed);

  function begin() {
    const host = thread()?.parentElement;
    if (!host?.askAgain) { requestAnimationFrame(begin); return; }
    const live = document.createElement("p");
    live.id = "cv-said";
    live.setAttribute("role", "status");
    live.className = "cv-unseen";
    document.body.append(live);
    watcher.observe(query("#cv-thread"), { childList: true, subtree: true, attributes: true, characterData: true });
    changed();
  }

  begin();
})();
