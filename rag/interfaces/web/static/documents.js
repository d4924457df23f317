/* The documents tab: the list by folder, words, kind and order; files dropped in; reading again, which every window sees. */
(() => {
  "use strict";

  const { press, query, queryAll, reason, request, say, tellTimes } = window.chapterAndVerse;
  const tab = () => query(".cv-documents");
  const shown = () => Boolean(tab()?.offsetParent) && document.visibilityState === "visible";
  /* Milliseconds between two looks at the index: while it is read, while the tab is open, and else. */
  const OFTEN = 400;
  const SOMETIMES = 3_000;
  const SELDOM = 20_000;

  /* --- the list --- */

  let view = { folder: "", kind: "", order: "name" };
  let asked = 0;

  async function load() {
    const response = await request("/own/catalogue");
    if (!response?.ok || !tab()) { say("The list cannot be shown now."); return; }
    const words = query("[data-filter]", tab())?.value ?? "";
    const sent = queryAll(".cv-sent > li", tab());
    tab().innerHTML = await response.text();
    tellTimes(tab());
    query(".cv-sent", tab())?.append(...sent);
    const field = query("[data-filter]", tab());
    if (field) field.value = words;
    if (words || view.folder || view.kind || view.order !== "name") await list();
  }

  async function list() {
    const mine = ++asked;
    const words = query("[data-filter]", tab())?.value ?? "";
    const response = await request(`/own/listing?${new URLSearchParams({ ...view, words })}`);
    if (!response?.ok || mine !== asked) return;
    const held = document.activeElement?.closest(".cv-listing") ? { ...document.activeElement.dataset } : null;
    query(".cv-listing", tab()).innerHTML = await response.text();
    for (const chip of queryAll("[data-kind]", tab())) chip.setAttribute("aria-pressed", String(chip.dataset.kind === view.kind));
    const again = held && queryAll(".cv-listing button").find((one) => ["folder", "order"].some((name) => held[name] !== undefined && one.dataset[name] === held[name]));
    again?.focus();
  }

  function choose(change) {
    view = { ...view, ...change };
    list();
  }

  /* --- reading again --- */

  let generation = "";
  let soon = true;
  let underWay = false;
  let wanted = false;
  let timer = 0;

  async function look() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      const response = await request(`/own/state?${new URLSearchParams({ known: generation })}`);
      if (response?.ok) await tell(await response.text());
    }
    clearTimeout(timer);
    timer = setTimeout(look, underWay ? OFTEN : soon || shown() ? SOMETIMES : SELDOM);
  }

  /* What the head of the page says, the first screen and the list follow the index in force. */
  async function tell(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const state = query(".cv-rebuild", box.content);
    const { searched, reading } = state.dataset;
    soon = state.dataset.soon !== undefined;
    underWay = state.dataset.underWay !== undefined;
    const place = query(".cv-rebuilding", tab() ?? document);
    if (place && place.innerHTML !== state.outerHTML) place.replaceChildren(state.cloneNode(true));
    for (const button of queryAll("[data-rebuild]")) button.disabled = underWay;
    query(".cv-searching").textContent = searched ?? (query(".cv-note", state)?.textContent || "Opening the documents…");
    query(".cv-masthead").dataset.reading = reading ?? "";
    if (generation !== state.dataset.generation) {
      /* Examples are found behind a new index: the list is not drawn again for them, under somebody's finger. */
      const [before, now] = [generation, state.dataset.generation].map((name) => name.split(".")[0]);
      generation = state.dataset.generation;
      query(".cv-examples").replaceWith(query(".cv-examples", box.content));
      if (before !== now && query(".cv-catalogue")) {
        await load();
        query(".cv-rebuilding", tab())?.replaceChildren(state);
      }
    }
    if (wanted && !underWay) await rebuild();
  }

  async function rebuild() {
    wanted = false;
    const response = await request("/own/rebuild", { method: "POST" });
    if (response?.status === 503) wanted = true;
    else if (response?.ok) underWay = true;
    else say("The documents cannot be read again now.");
    clearTimeout(timer);
    timer = setTimeout(look, wanted ? SOMETIMES : 0);
  }

  /* --- files dropped in --- */

  async function send(files) {
    let taken = 0;
    for (const file of files) {
      const line = Object.assign(document.createElement("li"), { textContent: `${file.name}: being sent…` });
      query(".cv-sent", tab()).append(line);
      const response = await request(`/own/uploads?${new URLSearchParams({ name: file.name })}`, { method: "PUT", file });
      if (response?.ok) {
        taken += 1;
        line.textContent = `${await response.text()}: taken.`;
      } else {
        line.className = "cv-fault";
        line.textContent = await reason(response, `${file.name} could not be sent.`);
      }
    }
    if (taken) { await load(); await rebuild(); }
  }

  async function remove(button) {
    const response = await request(`/own/uploads?${new URLSearchParams({ name: button.dataset.remove })}`, { method: "DELETE" });
    say(response?.ok ? "The file was removed." : "The file could not be removed.");
    if (response?.ok) { await load(); await rebuild(); }
  }

  const over = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.(".cv-documents") && query("[data-uploads]");

  document.addEventListener("dragover", (event) => {
    if (over(event)) event.preventDefault();
    query("[data-uploads]")?.classList.toggle("cv-over", Boolean(over(event)));
  });

  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) query("[data-uploads]")?.classList.remove("cv-over");
  });

  document.addEventListener("drop", (event) => {
    query("[data-uploads]")?.classList.remove("cv-over");
    if (!over(event)) return;
    event.preventDefault();
    send([...event.dataTransfer.files]);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose]")) { send([...event.target.files]); event.target.value = ""; }
  });

  press({
    "[data-folder]": ({ dataset }) => choose({ folder: dataset.folder }),
    "button[data-kind]": ({ dataset }) => choose({ kind: dataset.kind === view.kind ? "" : dataset.kind }),
    "[data-order]": ({ dataset }) => choose({ order: dataset.order }),
    "[data-rebuild]": rebuild,
    "[data-remove]": remove,
    "[data-skipped]": () => {
      const skipped = query(".cv-skipped");
      skipped.open = true;
      query("summary", skipped).focus();
      skipped.scrollIntoView({ block: "start" });
    },
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) list();
  });

  document.addEventListener("cv-documents", async () => {
    if (!query(".cv-catalogue")) await load();
    look();
  });
  document.addEventListener("visibilitychange", look);
  document.addEventListener("cv-begun", look);
})();
