/* The document beside the answer, and what every script of the page shares. All text comes escaped from the server;
   nothing here builds markup from words. */
window.chapterAndVerse = (() => {
  "use strict";

  const query = (selector, root = document) => root.querySelector(selector);
  const queryAll = (selector, root = document) => [...root.querySelectorAll(selector)];
  const thread = () => query("#cv-thread .cv-thread");
  const panel = () => queryAll(".cv-panel").find((one) => one.closest(".cv-right") && (one.offsetParent || one.closest(".tabitem")?.offsetParent));
  /* The server tells times in UTC: the reader's own zone is known here. */
  const clock = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
  const tellTimes = (part) => {
    for (const time of queryAll("time", part)) if (Date.parse(time.dateTime)) time.textContent = clock.format(new Date(time.dateTime));
  };
  const wide = () => matchMedia("(min-width: 62rem)").matches;
  const say = (words) => { const live = query("#cv-said"); if (live) live.textContent = words; };

  /* A browser that keeps no cookie of ours is told who it is, for as long as the page is open. */
  let visitor = "";

  async function request(path, { method = "GET", body, file } = {}) {
    const kind = file ? "application/octet-stream" : body && "application/json";
    const headers = { ...(visitor && { "X-Visitor": visitor }), ...(kind && { "Content-Type": kind }) };
    const response = await fetch(path, { method, headers, body: file ?? (body && JSON.stringify(body)) }).catch(() => null);
    visitor ||= response?.headers.get("X-Visitor") ?? "";
    return response;
  }

  /* What the server says of a request that failed. */
  async function reason(response, otherwise = "The server does not answer. Try again in a moment.") {
    return (await response?.json().catch(() => null))?.error ?? otherwise;
  }

  /* --- the address: #c=conversation&d=document&q=start-end&tab=documents --- */

  const address = () => new URLSearchParams(location.hash.slice(1));

  function write(changes, { push = false } = {}) {
    const now = address();
    for (const [name, value] of Object.entries(changes)) {
      if (value) now.set(name, value);
      else now.delete(name);
    }
    const words = now.toString().replaceAll("%2F", "/");
    const next = location.pathname + location.search + (words && `#${words}`);
    if (next === location.pathname + location.search + location.hash) return;
    if (push) history.pushState({ draft: history.state?.draft, pushed: true }, "", next);
    else history.replaceState(history.state, "", next);
  }

  /* --- the document beside the answer --- */

  let opened = null;
  let asked = 0;

  async function open(chip, { focus = true, push = !wide() } = {}) {
    const { document: id, start = 0, end = 0, marks = "", sha256 = "" } = chip.dataset;
    const others = companions(chip).map(({ dataset }) => `${dataset.start}-${dataset.end}`).join(",");
    const place = { id, start, end, marks, others };
    const mine = ++asked;
    const response = await request(`/own/document?${new URLSearchParams({ ...place, sha256 })}`);
    if (mine !== asked) return;
    if (!response?.ok) {
      say("The document cannot be shown now.");
      return;
    }
    opened = chip.dataset.open ?? null;
    panel().innerHTML = await response.text();
    source().dataset.place = JSON.stringify(place);
    document.body.classList.add("cv-reading");
    for (const other of queryAll(".cv-chip[aria-current]")) other.removeAttribute("aria-current");
    if (chip.isConnected) chip.setAttribute("aria-current", "true");
    write({ d: id, q: Number(end) > Number(start) ? `${start}-${end}` : "", sha: sha256 }, { push });
    steps();
    const here = query(".cv-here", panel());
    if (here) centre(here);
    else query(".cv-text", panel()).scrollTop = 0;
    tick();
    if (focus) query("h2", panel())?.focus({ preventScroll: true });
  }

  const source = () => query(".cv-source", panel());

  /* The other citations of the same reply that name the same document. */
  function companions({ dataset }) {
    const turn = dataset.open?.split(".")[0];
    const chips = turn === undefined ? [] : queryAll(`.cv-chip[data-open^="${CSS.escape(turn)}."]`);
    return chips.filter((other) => other.dataset.document === dataset.document && other.dataset.open !== dataset.open);
  }

  /* Open what the address names; its citation, where the thread has it, knows the answering words. */
  function openAddressed() {
    const [id, place, sha256] = ["d", "q", "sha"].map((name) => address().get(name) ?? "");
    const [start, end = "0"] = (place || "0-0").split("-");
    const chips = queryAll(".cv-chip").filter(({ dataset }) => dataset.document === id && dataset.start === start && dataset.end === end);
    const chip = document.createElement("button");
    Object.assign(chip.dataset, { document: id, start, end, sha256 });
    open(chips.at(-1) ?? chip, { focus: false, push: false });
  }

  function centre(here) {
    const text = here.closest(".cv-text");
    const box = here.getBoundingClientRect();
    const frame = text.getBoundingClientRect();
    const room = Math.max(24, (frame.height - Math.min(box.height, frame.height)) / 3);
    text.scrollTop += box.top - frame.top - room;
    /* In a low window the head scrolls away. */
    const whole = text.closest(".cv-source");
    whole.scrollTop = whole.scrollHeight;
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
    if (chips[to]) open(chips[to], { focus: false, push: false });
  }

  /* No document stands beside a turn that it does not belong to. */
  function empty() {
    asked += 1;
    opened = null;
    document.body.classList.remove("cv-reading");
    for (const chip of queryAll(".cv-chip[aria-current]")) chip.removeAttribute("aria-current");
    const hint = document.createElement("p");
    hint.className = "cv-hint";
    hint.textContent = "The document opens here, at the quote.";
    if (panel() && query(".cv-source", panel())) panel().replaceChildren(hint);
  }

  /* On a phone the document is a page of its own: closing it is going back. */
  function close() {
    const chip = opened && query(`.cv-chip[data-open="${CSS.escape(opened)}"]`);
    if (history.state?.pushed) history.back();
    else write({ d: "", q: "", sha: "" });
    document.body.classList.remove("cv-reading");
    chip?.focus();
  }

  /* The words of a document, in their shape or as they stand in the file, or its page as it is printed. */
  function view(button) {
    for (const other of queryAll("[data-view]", panel())) other.setAttribute("aria-pressed", String(other === button));
    const paged = button.dataset.view === "page";
    query(".cv-body", panel()).hidden = paged;
    const pages = query(".cv-pages", panel());
    if (pages) pages.hidden = !paged;
    if (paged) return;
    query(".cv-text", panel()).classList.toggle("cv-raw", button.dataset.view === "raw");
    const here = query(".cv-now, .cv-here", panel());
    if (here) centre(here);
    tick();
  }

  /* --- moving about in the document --- */

  /* Show the document where the server finds what is looked for; gives what the server tells of it. */
  async function jump(what) {
    const target = source();
    const mine = ++asked;
    const response = await request(`/own/place?${new URLSearchParams({ ...JSON.parse(target.dataset.place), ...what })}`);
    if (mine !== asked || !target.isConnected) return null;
    if (!response?.ok) {
      say(await reason(response));
      return null;
    }
    query(".cv-text", target).innerHTML = await response.text();
    if (query('[data-view="page"][aria-pressed="true"]', target)) view(query('[data-view="text"]', target));
    const there = query(".cv-now, .cv-at", target) ?? query(".cv-here", target);
    if (there) centre(there);
    tick();
    return query(".cv-piece", target).dataset;
  }

  async function find(by) {
    const target = source();
    const words = query("[data-words]", target).value.trim();
    const nth = by && target.dataset.words === words ? Number(target.dataset.nth) + by : 0;
    target.dataset.words = words;
    const shown = await jump(words ? { words, nth } : {});
    if (!shown) return;
    const { found, current } = shown;
    const none = found === "0";
    target.dataset.nth = Number(current) - 1;
    query(".cv-count", target).textContent = words && (none ? "Not found" : `${current} of ${found}`);
    for (const button of queryAll("[data-find]", target)) button.disabled = none;
  }

  /* Beside the scroll bar: where the quotes of this reply stand in the part that is shown; those before or behind it
     are at its ends, and a click loads their part. */
  function tick() {
    const target = panel() && source();
    if (!target) return;
    const text = query(".cv-text", target);
    const { start } = JSON.parse(target.dataset.place);
    const top = text.getBoundingClientRect().top - text.scrollTop;
    const chips = siblings().filter((chip) => chip.dataset.document === target.dataset.document);
    const pieces = queryAll(".cv-piece", text);
    const beyond = (chip) => (Number(chip.dataset.start) < Number(pieces[0].dataset.from) ? "before"
      : Number(chip.dataset.start) >= Number(pieces.at(-1).dataset.to) ? "behind" : "");
    const ends = { before: 0, behind: 0 };
    query(".cv-ticks", target).replaceChildren(...chips.flatMap((chip) => {
      const here = chip.dataset.start === String(start);
      const mark = query(here ? ".cv-here" : `.cv-quote-${chip.dataset.start}`, text);
      const end = mark ? "" : beyond(chip);
      if (!mark && !end) return [];
      const dash = document.createElement("i");
      dash.dataset.tick = chip.dataset.open;
      dash.className = here ? "cv-tick-here" : "";
      if (mark) dash.style.top = `${(100 * (mark.getBoundingClientRect().top - top)) / text.scrollHeight}%`;
      else dash.style.top = end === "before" ? `${6 + 12 * ends.before++}px` : `calc(100% - ${6 + 12 * ends.behind++}px)`;
      return [dash];
    }));
  }

  async function more(button) {
    const { place, words = "" } = source().dataset;
    const { others } = JSON.parse(place);
    const wanted = { id: button.dataset.more, start: button.dataset.from, end: button.dataset.to, others, words };
    const response = await request(`/own/piece?${new URLSearchParams(wanted)}`);
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
    tick();
  }

  /* What is pressed: selector → what is done with the first that it finds around the place. */
  function press(acts) {
    document.addEventListener("click", (event) => {
      for (const [selector, act] of Object.entries(acts)) {
        const target = event.target.closest(selector);
        if (target) { event.preventDefault(); act(target); return; }
      }
    });
  }

  press({
    "[data-open], [data-show]": (chip) => open(chip),
    "[data-more]": more,
    "[data-step]": (button) => step(Number(button.dataset.step)),
    "[data-view]": view,
    "[data-close]": close,
    "[data-find]": (button) => find(Number(button.dataset.find)),
    "[data-at]": (button) => jump({ at: button.dataset.at }),
    "[data-tick]": ({ dataset }) => open(query(`.cv-chip[data-open="${CSS.escape(dataset.tick)}"]`), { focus: false, push: false }),
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-words]")) find(0);
  });

  addEventListener("resize", tick);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-words]")) { find(event.shiftKey ? -1 : 1); return; }
    if (event.key === "Enter" && event.target.matches("[data-page]")) { jump({ page: event.target.value }); return; }
    if (event.key === "Escape" && document.body.classList.contains("cv-reading") && !wide()) { close(); return; }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); query("#cv-question textarea, #cv-question input")?.focus(); }
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  });

  return { address, empty, open, openAddressed, press, query, queryAll, reason, request, say, tellTimes, thread, wide, write };
})();
