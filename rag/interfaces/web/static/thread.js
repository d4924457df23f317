/* Asking: the question stands in the thread at once, and is asked again where the server is away. The address names
   what is shown, and this entry of the history keeps what is typed and what is waited for; nothing else is stored. */
(() => {
  "use strict";

  const { address, empty, open, openAddressed, press, query, queryAll, reason, request, say, thread, wide, write } = window.chapterAndVerse;
  /* A server that is being stopped says 500, and not in our words. */
  const away = (response) => !response || [401, 502, 503, 504].includes(response.status)
    || (response.status === 500 && !response.headers.get("Content-Type")?.includes("json"));
  const name = () => query(".cv-name").textContent;
  const box = () => query("#cv-question textarea, #cv-question input");
  const note = (what) => history.replaceState({ ...history.state, ...what }, "");

  /* What is waited for: a question or a conversation. A newer one takes its place. */
  let waiting = null;

  function tell(words, link) {
    const notice = query(".cv-notices .cv-notice");
    if (!notice) return;
    notice.textContent = words;
    notice.hidden = !words;
    if (link) {
      const anchor = Object.assign(document.createElement("a"), { href: link, target: "_blank", textContent: "Enter the password" });
      notice.append(" ", anchor);
    }
  }

  /* Send until there is an answer; null where it is not waited for any more. */
  async function insist(mine, path, options) {
    for (let pause = 500; ; pause = Math.min(2 * pause, 5000)) {
      const response = await request(path, options);
      if (waiting !== mine) return null;
      if (!away(response)) { tell(""); return response; }
      if (response?.status === 401) tell("The password is needed again; then this goes on by itself.", "/login");
      else tell(`${await reason(response, "The server does not answer.")} Nothing is lost: this page tries again by itself.`);
      await new Promise((done) => { setTimeout(done, pause); });
      if (waiting !== mine) return null;
    }
  }

  async function ask({ question, standalone = "", keep, again }) {
    stop();
    const mine = again ?? { question, standalone, keep, within: window.chapterAndVerse.within, conversation: thread().dataset.conversation, request: random() };
    waiting = mine;
    note({ asked: mine });
    tell("");
    pend(mine);
    const response = await insist(mine, "/own/ask", { method: "POST", body: mine });
    if (!response) return;
    const words = response.ok ? await response.text() : await reason(response);
    if (waiting !== mine) return;
    settle();
    if (response.ok) { show(words); return; }
    await unpend(mine);
    tell(words);
    if (!box().value && !mine.standalone) fill(mine.question);
  }

  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /* The question and what is being done, in the place of the turns that it replaces. */
  function pend({ question, keep }) {
    const turns = queryAll(".cv-turn", thread());
    for (const turn of turns.slice(keep ?? turns.length)) turn.remove();
    const turn = document.createElement("article");
    turn.className = "cv-pending";
    const words = Object.assign(document.createElement("h2"), { className: "cv-question", dir: "auto", textContent: question });
    const read = query(".cv-masthead")?.dataset.reading;
    const doing = Object.assign(document.createElement("p"), { textContent: read ? `Reading ${read}…` : "Opening the documents…" });
    doing.className = "cv-doing";
    turn.append(words, doing);
    thread().append(turn);
    count();
    document.body.classList.add("cv-busy");
    say(doing.textContent);
    bringUp(turn);
  }

  function count() {
    thread().dataset.turns = String(queryAll(".cv-turn, .cv-pending", thread()).length);
  }

  async function unpend({ keep }) {
    query(".cv-pending")?.remove();
    count();
    if (keep !== undefined && thread().dataset.conversation) await load(thread().dataset.conversation);
  }

  function settle() {
    waiting = null;
    note({ asked: undefined });
    document.body.classList.remove("cv-busy");
    say("");
  }

  /* Wait no more for the answer under way. */
  function stop() {
    const mine = waiting;
    if (!mine) return;
    settle();
    tell("");
    if (!mine.request) return;
    request("/own/stop", { method: "POST", body: { request: mine.request } });
    unpend(mine);
  }

  function show(html, { addressed = false } = {}) {
    thread().parentElement.innerHTML = html;
    const { conversation, title } = thread().dataset;
    write({ c: conversation });
    document.title = title ? `${title} – ${name()}` : name();
    const last = queryAll(".cv-turn", thread()).at(-1);
    if (last) bringUp(last);
    document.dispatchEvent(new Event("cv-thread"));
    if (addressed && address().get("d")) { openAddressed(); return; }
    empty();
    const chip = last && query(".cv-lead .cv-chip", last);
    if (chip && wide()) open(chip, { focus: false });
    else write({ d: "", q: "", sha: "" });
  }

  /* Bring a turn to the top of what scrolls, which is never the page itself. */
  function bringUp(turn) {
    const scroller = turn.closest(".block");
    if (turn.previousElementSibling) turn.style.minHeight = `${scroller.clientHeight + 1}px`;
    scroller.scrollTop += turn.getBoundingClientRect().top - scroller.getBoundingClientRect().top + 1;
  }

  async function load(conversation) {
    stop();
    const mine = {};
    waiting = mine;
    const response = await insist(mine, `/own/thread?${new URLSearchParams({ c: conversation })}`);
    if (!response) return;
    const words = response.ok ? await response.text() : await reason(response);
    if (waiting !== mine) return;
    waiting = null;
    if (response.ok) { show(words, { addressed: true }); return; }
    clear();
    tell(words);
  }

  function clear() {
    const none = Object.assign(document.createElement("div"), { className: "cv-thread" });
    Object.assign(none.dataset, { conversation: "", turns: "0" });
    thread().replaceWith(none);
    document.title = name();
    write({ c: "", d: "", q: "", sha: "" });
    empty();
  }

  function fill(words) {
    box().value = words;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  /* --- the tabs --- */

  const tabs = () => queryAll('.cv-tabs [role="tab"]');
  const tabName = (tab) => tab.textContent.trim().toLowerCase().replaceAll(" ", "-");

  const frame = () => new Promise(requestAnimationFrame);

  async function select(wanted) {
    const tab = () => tabs().find((one) => tabName(one) === wanted) ?? tabs()[0];
    while (tab().getAttribute("aria-selected") !== "true") { tab().click(); await frame(); }
    while (queryAll(".cv-tabs > .tabitem").filter((one) => one.offsetParent).length !== 1) await frame();
    document.dispatchEvent(new Event(`cv-${tabName(tab())}`));
  }

  async function go() {
    await select(address().get("tab") ?? "ask");
    const conversation = address().get("c") ?? "";
    if (conversation !== thread().dataset.conversation) {
      if (conversation) { await load(conversation); return; }
      stop();
      const kept = address();
      clear();
      write(Object.fromEntries(kept));
    }
    if (address().get("d")) openAddressed();
    else empty();
  }

  addEventListener("popstate", go);

  document.addEventListener("click", (event) => {
    const tab = event.target.closest('.cv-tabs [role="tab"]');
    if (!tab || !event.isTrusted) return;
    const tabbed = tabName(tab) === "ask" ? "" : tabName(tab);
    if (tabbed !== (address().get("tab") ?? "")) write({ tab: tabbed }, { push: true });
    select(tabName(tab));
  });

  press({
    'a[href^="#c="]': (link) => {
      history.pushState({ pushed: true }, "", location.pathname + location.search + link.getAttribute("href"));
      go();
    },
    "#cv-ask": () => {
      const question = box().value;
      fill("");
      ask({ question });
    },
    "#cv-stop": stop,
    "#cv-new": another,
    "[data-within]": ({ dataset: { within } }) => {
      const words = box().value;
      fill(words.includes(within) ? words.replace(within, "") : within + words);
      box().focus();
    },
    "[data-ask]": ({ dataset: { ask: question, keep } }) => ask({ question, keep: keep && Number(keep) }),
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

  document.addEventListener("input", (event) => {
    if (event.target === box()) note({ draft: box().value });
  });

  /* What Gradio does when a question is sent; what it returns goes into the box. */
  window.chapterAndVerse.submit = (question) => {
    note({ draft: "" });
    ask({ question });
    return "";
  };

  function another() {
    stop();
    tell("");
    if (thread().dataset.conversation) history.pushState({}, "", location.pathname + location.search);
    clear();
    box().focus();
  }

  async function begin() {
    if (!thread() || !box() || !tabs().length) { requestAnimationFrame(begin); return; }
    const live = Object.assign(document.createElement("p"), { id: "cv-said", className: "cv-unseen" });
    live.setAttribute("role", "status");
    document.body.append(live);
    document.dispatchEvent(new Event("cv-begun"));
    if (!window.chapterAndVerse.framed && wide()) box().focus({ preventScroll: true });
    const { draft, asked } = history.state ?? {};
    if (draft) fill(draft);
    const page = new URL(location.href);
    const question = page.searchParams.get("question");
    if (question) {
      page.searchParams.delete("question");
      history.replaceState(history.state, "", page);
    }
    if (address().size) await go();
    if (asked) ask({ question: asked.question, again: asked });
    else if (question) ask({ question });
  }

  begin();
})();
